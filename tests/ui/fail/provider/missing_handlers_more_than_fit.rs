//! errors: 1

macro_rules! requests {
    ($($name:ident)*) => {
        $(
            #[derive(serde::Serialize, serde::Deserialize, mitto::Request)]
            pub struct $name;
        )*
        mitto::schema! {
            pub Large {
                client => server as LargeClient: [$($name),*],
            }
        }
    };
}

requests! {
    OneOfSomethingWithAVeryLongName
    TwoOfSomethingWithAVeryLongName
    ThreeOfSomethingWithAVeryLongName
    FourOfSomethingWithAVeryLongName
    FiveOfSomethingWithAVeryLongName
    SixOfSomethingWithAVeryLongName
    SevenOfSomethingWithAVeryLongName
    EightOfSomethingWithAVeryLongName
    NineOfSomethingWithAVeryLongName
    TenOfSomethingWithAVeryLongName
    ElevenOfSomethingWithAVeryLongName
    TwelveOfSomethingWithAVeryLongName
    ThirteenOfSomethingWithAVeryLongName
    FourteenOfSomethingWithAVeryLongName
}

#[mitto::provider(server of Large: [])]
struct Server;

fn main() {}
