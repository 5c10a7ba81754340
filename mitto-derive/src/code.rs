//! The codes of the mistakes.

use std::fmt::{self, Display, Formatter};

use proc_macro2::Span;
use quote::ToTokens;

/// What a mistake is called for good, whatever its text says: `docs/errors.md` of `mitto` explains each.
///
/// A code is never used for another mistake. The library has codes of its own, `E350` and above, `E450`
/// and above, `E5..`, and `E650` and above, in the texts of its checks and bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Code {
    // Any attribute.
    E001,
    E002,
    E003,
    E004,
    E005,
    E006,
    E007,
    E008,
    E009,
    // Messages.
    E101,
    E102,
    E103,
    E104,
    E105,
    E106,
    E107,
    E108,
    E109,
    E110,
    E111,
    E112,
    E113,
    E114,
    E115,
    E116,
    E117,
    E118,
    E119,
    E120,
    E121,
    E122,
    E123,
    E124,
    // Handlers.
    E201,
    E202,
    E203,
    E204,
    E205,
    E206,
    E207,
    E208,
    E209,
    E210,
    E211,
    E212,
    E213,
    E214,
    E215,
    E216,
    E217,
    E218,
    E219,
    E220,
    E221,
    E222,
    // Schemas.
    E301,
    E303,
    E304,
    E305,
    E306,
    E307,
    E308,
    E309,
    E310,
    E311,
    E312,
    E313,
    E314,
    E315,
    E316,
    E317,
    E318,
    E319,
    E321,
    // Providers.
    E401,
    E402,
    E403,
    E404,
    E405,
    E406,
    E407,
    E408,
    E411,
    E412,
    E413,
    E414,
    E415,
    // Steps.
    E601,
    E602,
    E603,
    E604,
    E605,
    E606,
    E607,
    E608,
    E609,
}

impl Code {
    /// How all of them begin.
    pub(crate) const BEGIN: &'static str = "[mitto::E";

    /// The mistake on one token.
    pub(crate) fn at(self, span: Span, text: impl Display) -> syn::Error {
        syn::Error::new(span, format!("{text} {self}"))
    }

    /// The mistake on everything that `tokens` covers.
    pub(crate) fn on(self, tokens: impl ToTokens, text: impl Display) -> syn::Error {
        syn::Error::new_spanned(tokens, format!("{text} {self}"))
    }
}

impl Display for Code {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "[mitto::{self:?}]")
    }
}
