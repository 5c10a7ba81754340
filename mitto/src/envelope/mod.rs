//! stand-in
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub u32);
impl MessageId {
    pub const fn of_name(name: &str) -> Self {
        let b = name.as_bytes();
        let mut h = 0x811c_9dc5_u32;
        let mut i = 0;
        while i < b.len() {
            h = (h ^ b[i] as u32).wrapping_mul(0x0100_0193);
            i += 1;
        }
        Self(h)
    }
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CorrelationId(u64);
impl CorrelationId {
    pub const NONE: Self = Self(0);
}
#[derive(Clone, Debug, Default)]
pub struct Metadata(Vec<(String, String)>);
impl Metadata {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
    }
    pub fn insert(&mut self, k: impl Into<String>, v: impl Into<String>) {
        self.0.push((k.into(), v.into()));
    }
}
#[derive(Clone, Copy, Debug, Default)]
pub struct Entries<'a>(std::marker::PhantomData<&'a ()>);
impl Entries<'_> {
    pub fn to_metadata(self) -> Metadata {
        Metadata::default()
    }
}
