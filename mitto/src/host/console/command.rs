//! What one line says.

use serde_json::Value;

/// A command.
#[derive(Debug, PartialEq)]
pub(super) enum Command<'a> {
    /// An empty line, or one that begins with `#`.
    Nothing,
    Load(&'a str),
    Plan(&'a str),
    Unload,
    Send(&'a str, Value),
    Post(&'a str, Value),
    Show,
    Fork(&'a str),
    Help,
    Exit,
}

impl<'a> Command<'a> {
    pub(super) fn parse(line: &'a str) -> Result<Self, String> {
        let line = line.trim_start_matches('\u{feff}').trim();
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let alone = |command| match rest {
            "" => Ok(command),
            _ => Err(format!(
                "`{name}` takes nothing, leave out `{}`",
                shown(rest)
            )),
        };
        let file = |command: fn(&'a str) -> Self| match rest {
            "" => Err(format!("`{name}` takes a file: {name} FILE")),
            file => Ok(command(file)),
        };
        let to = |command: fn(&'a str, Value) -> Self| match rest {
            "" => Err(format!(
                "`{name}` takes an action: {name} application/node/action VALUE"
            )),
            rest => {
                let (action, given) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                Ok(command(action, value(given.trim())))
            }
        };
        match name {
            "" => Ok(Self::Nothing),
            _ if name.starts_with('#') => Ok(Self::Nothing),
            "load" => file(Self::Load),
            "plan" => file(Self::Plan),
            "unload" => alone(Self::Unload),
            "send" => to(Self::Send),
            "post" => to(Self::Post),
            "show" => alone(Self::Show),
            "fork" => Ok(Self::Fork(rest)),
            "help" => alone(Self::Help),
            "exit" | "quit" => alone(Self::Exit),
            _ => Err(format!("there is no command `{}`, try `help`", shown(name))),
        }
    }
}

/// JSON, or else a text; nothing is `null`.
fn value(given: &str) -> Value {
    match given {
        "" => Value::Null,
        given => serde_json::from_str(given).unwrap_or_else(|_| given.into()),
    }
}

/// So much of what was typed is shown again.
fn shown(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_commands() {
        for (line, command) in [
            ("", Command::Nothing),
            ("  # a comment", Command::Nothing),
            ("\u{feff}load a b.toml ", Command::Load("a b.toml")),
            ("plan x.xml", Command::Plan("x.xml")),
            ("send a/b/C 10", Command::Send("a/b/C", json!(10))),
            (
                "send a/b/C ten of them",
                Command::Send("a/b/C", json!("ten of them")),
            ),
            (
                "post a/b/C {\"n\": 1}",
                Command::Post("a/b/C", json!({"n": 1})),
            ),
            ("send a/b/C", Command::Send("a/b/C", Value::Null)),
            ("fork load two.toml", Command::Fork("load two.toml")),
            ("fork", Command::Fork("")),
            ("exit", Command::Exit),
        ] {
            assert_eq!(Command::parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, error) in [
            ("load", "`load` takes a file: load FILE"),
            (
                "send",
                "`send` takes an action: send application/node/action VALUE",
            ),
            ("show me", "`show` takes nothing, leave out `me`"),
            ("lode x", "there is no command `lode`, try `help`"),
            ("\u{202e}x", "there is no command `\\u{202e}x`, try `help`"),
        ] {
            assert_eq!(Command::parse(line), Err(error.to_owned()));
        }
    }
}
