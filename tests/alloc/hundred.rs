//! A provider of a hundred handlers.

#![expect(dead_code, reason = "two of the hundred stub methods are called")]

use mitto::{Request, handler, provider};
use serde::{Deserialize, Serialize};

macro_rules! hundred {
    ($($message:ident $handler:ident,)*) => {
        $(
            #[derive(Serialize, Deserialize, Request)]
            #[request(response = u64)]
            pub(crate) struct $message {
                pub(crate) n: u64,
            }

            #[handler]
            fn $handler(req: $message) -> u64 {
                req.n
            }
        )*

        mitto::schema! {
            /// A hundred messages.
            pub(crate) Hundred {
                client => server as HundredClient: [$($message),*],
            }
        }

        #[provider(server of Hundred: [$($handler),*])]
        pub(crate) struct HundredServer;
    };
}

hundred! {
    M0 m0, M1 m1, M2 m2, M3 m3, M4 m4, M5 m5, M6 m6, M7 m7, M8 m8, M9 m9,
    M10 m10, M11 m11, M12 m12, M13 m13, M14 m14, M15 m15, M16 m16, M17 m17, M18 m18, M19 m19,
    M20 m20, M21 m21, M22 m22, M23 m23, M24 m24, M25 m25, M26 m26, M27 m27, M28 m28, M29 m29,
    M30 m30, M31 m31, M32 m32, M33 m33, M34 m34, M35 m35, M36 m36, M37 m37, M38 m38, M39 m39,
    M40 m40, M41 m41, M42 m42, M43 m43, M44 m44, M45 m45, M46 m46, M47 m47, M48 m48, M49 m49,
    M50 m50, M51 m51, M52 m52, M53 m53, M54 m54, M55 m55, M56 m56, M57 m57, M58 m58, M59 m59,
    M60 m60, M61 m61, M62 m62, M63 m63, M64 m64, M65 m65, M66 m66, M67 m67, M68 m68, M69 m69,
    M70 m70, M71 m71, M72 m72, M73 m73, M74 m74, M75 m75, M76 m76, M77 m77, M78 m78, M79 m79,
    M80 m80, M81 m81, M82 m82, M83 m83, M84 m84, M85 m85, M86 m86, M87 m87, M88 m88, M89 m89,
    M90 m90, M91 m91, M92 m92, M93 m93, M94 m94, M95 m95, M96 m96, M97 m97, M98 m98, M99 m99,
}
