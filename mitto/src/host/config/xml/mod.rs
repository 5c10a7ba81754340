//! XML as the ancestor has it.
//!
//! | element | attributes | in it |
//! | --- | --- | --- |
//! | `AjMessages` | `Version` | `Import`, `Handler`, `Node`, `Application`, `Host` |
//! | `Import` | `File` | |
//! | `Application` | `Name` | `Node` |
//! | `Node` | `Name`, `Like`, `Provider`, `Policy`, `PolicyKey` | `Handler`, `Action` |
//! | `Handler` | `Name`, `Type` | `Handler`, or `Property` |
//! | `Property` | `Name`, `Value`, `Kind` | `Property` |
//! | `Action` | `Name`, `Handler` | `Handler` where it has no such attribute |
//! | `Host` | `Name`, `Address`, `Activate`, `KeyEnv`, `KeyFile` | `Application` |
//!
//! `Version`, `Import`, `Like`, `Provider`, `Policy`, `PolicyKey`, `Kind`, the keys, and handlers and nodes
//! right below the root are new. `Kind` is `integer`, `float`, `boolean`, `text` or `list`, where a property
//! is more than a text.

mod element;
mod tree;
mod write;

pub(super) use tree::read;
pub(super) use write::write;
