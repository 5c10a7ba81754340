//! What an operator is told, by mistake.

use mitto::host::config::Configuration;

use super::refusal;

#[test]
fn toml_mistakes() {
    for (text, told) in [
        (
            "version = ",
            "line 1, column 11: not TOML: string values must be quoted, expected literal string",
        ),
        (
            "verson = 1",
            "line 1, column 1: verson: unknown key, did you mean `version`?",
        ),
        (
            "version = \"1\"",
            "line 1, column 11: version: this is a text, write a whole number",
        ),
        (
            "version = -1",
            "line 1, column 11: version: the version is negative, take a number from 0",
        ),
        (
            "version = 99999999999999999999",
            "line 1, column 11: a number that is too large",
        ),
        (
            "import = [\"a.toml\"]",
            "line 1, column 11: import: a text cannot import files, load it from a file",
        ),
        ("a = 1\na = 2", "line 2, column 1: not TOML: duplicate key"),
        (
            "applications = 1",
            "line 1, column 16: applications: this is a whole number, write a table",
        ),
        (
            "[applications.\"\"]",
            "line 1, column 15: applications.\"\": the application is empty, take 1 to 64 of A-Z a-z 0-9 _ -",
        ),
        (
            "[applications.\"a*b\"]",
            "line 1, column 15: applications.\"a*b\": the name of the application holds '*', take only A-Z a-z 0-9 _ -",
        ),
        (
            "[applications.\"a/b\"]",
            "line 1, column 15: applications.\"a/b\": the name of the application holds '/', take only A-Z a-z 0-9 _ -",
        ),
        (
            "[applications.a.nodes.\"\\u202e\"]",
            "line 1, column 23: applications.a.nodes.\"\\u{202e}\": the name of the node holds '\\u{202e}', take only A-Z a-z 0-9 _ -",
        ),
        (
            "[applications.a.nodes.\"\\n\"]",
            "line 1, column 23: applications.a.nodes.\"\\n\": the name of the node holds '\\n', take only A-Z a-z 0-9 _ -",
        ),
        (
            "[applications.a]\nnode = 1",
            "line 2, column 1: applications.a.node: unknown key, did you mean `nodes`?",
        ),
        (
            "[applications.a.nodes.n]\npolcy = \"first\"\nhandler = 1\nnothing = 1",
            "line 2, column 1: applications.a.nodes.n.polcy: unknown key, did you mean `policy`?\nline 3, column 1: applications.a.nodes.n.handler: unknown key, did you mean `handlers`?\nline 4, column 1: applications.a.nodes.n.nothing: unknown key, take one of `like`, `provider`, `policy`, `handlers`, `actions`",
        ),
        (
            "[applications.a.nodes.n]\npolicy = \"round robin\"",
            "line 2, column 10: applications.a.nodes.n.policy: unknown policy, did you mean `round-robin`?",
        ),
        (
            "[applications.a.nodes.n]\npolicy = \"fastest\"",
            "line 2, column 10: applications.a.nodes.n.policy: unknown policy, take one of `round-robin`, `random`, `first`, `least-in-flight`, `by-key`",
        ),
        (
            "[applications.a.nodes.n]\npolicy = \"by-key\"",
            "line 2, column 10: applications.a.nodes.n.policy: by which field? write `{ by-key = \"field\" }`",
        ),
        (
            "[applications.a.nodes.n]\npolicy = { by_key = \"x\" }",
            "line 2, column 12: applications.a.nodes.n.policy.by_key: unknown key, did you mean `by-key`?",
        ),
        (
            "[applications.a.nodes.n]\npolicy = { by-key = \"\" }",
            "line 1, column 23: applications.a.nodes.n.policy: the field is not a name, write the one whose value is the key",
        ),
        (
            "[applications.a.nodes.n]\npolicy = 1",
            "line 2, column 10: applications.a.nodes.n.policy: this is a whole number, write a policy, such as `\"round-robin\"`",
        ),
        (
            "[applications.a.nodes.n]\nlike = \"b\"",
            "line 2, column 8: applications.a.nodes.n.like: no node is defined under `nodes`, define one or leave this out",
        ),
        (
            "nodes.worker = {}\n[applications.a.nodes.n]\nlike = \"wroker\"",
            "line 3, column 8: applications.a.nodes.n.like: unknown node definition, did you mean `worker`?",
        ),
        (
            "[applications.a.nodes.n]\nhandlers.h = {}",
            "line 2, column 14: applications.a.nodes.n.handlers.h: write either `type` or `pipeline`",
        ),
        (
            "[applications.a.nodes.n]\nhandlers.h = { type = \"a\", pipeline = [\"h\"] }",
            "line 2, column 14: applications.a.nodes.n.handlers.h: write either `type` or `pipeline`",
        ),
        (
            "[applications.a.nodes.n]\nhandlers.h = { pipeline = [\"x\"], properties = { a = 1 } }",
            "line 2, column 14: applications.a.nodes.n.handlers.h: a pipeline has no properties, give them to a handler in it",
        ),
        (
            "[applications.a.nodes.n]\nhandlers.h = []",
            "line 2, column 10: applications.a.nodes.n.handlers.h: the pipeline is empty, put a handler in",
        ),
        (
            "[applications.a.nodes.n]\nhandlers.h = [\"h\"]",
            "line 2, column 15: applications.a.nodes.n.handlers.h: the pipeline `h` contains itself, take it out",
        ),
        (
            "[applications.a.nodes.n]\nhandlers.h = [\"i\"]\nhandlers.i = [\"j\", \"j\"]\nhandlers.j = [\"h\"]",
            "line 4, column 15: applications.a.nodes.n.handlers.j: the pipeline `h` contains itself, take it out",
        ),
        (
            "[applications.a.nodes.n]\nhandlers.h = \"A.B, C\"",
            "line 2, column 10: applications.a.nodes.n.handlers.h.type: the name of the type holds '.', take only A-Z a-z 0-9 _ -",
        ),
        (
            "[applications.a.nodes.n]\nhandlers.store = \"s\"\nactions.A = \"stroe\"",
            "line 3, column 13: applications.a.nodes.n.actions.A: the node has no handler `stroe`, did you mean `store`?",
        ),
        (
            "[applications.a.nodes.n]\nactions.A = \"nothing\"",
            "line 2, column 13: applications.a.nodes.n.actions.A: the node has no handler `nothing`, define it",
        ),
        (
            "[applications.a.nodes.n]\nactions.A = [1]",
            "line 2, column 14: applications.a.nodes.n.actions.A.0: this is a whole number, write the name of a handler: `\"..\"`",
        ),
        (
            "[applications.a.nodes.n]\nactions.A = {}",
            "line 2, column 13: applications.a.nodes.n.actions.A: write one of `handler`, `type` and `pipeline`",
        ),
        (
            "[applications.a.nodes.n]\nactions.A = { handler = \"x\", name = \"y\" }",
            "line 2, column 37: applications.a.nodes.n.actions.A.name: `handler` is the name already, leave this out",
        ),
        (
            "[applications.a.nodes.n]\nactions.\"A/B\" = { type = \"x\" }",
            "line 2, column 9: applications.a.nodes.n.actions.\"A/B\": the name of the action holds '/', take only A-Z a-z 0-9 _ -",
        ),
        (
            "[hosts.h]",
            "line 1, column 8: hosts.h: a host needs an address: `address = \"ws://localhost:8080/mitto\"`",
        ),
        (
            "[hosts.h]\naddress = 1",
            "line 2, column 11: hosts.h.address: this is a whole number, write a text: `\"..\"`",
        ),
        (
            "[hosts.h]\naddress = \"localhost:80\"",
            "line 2, column 11: hosts.h.address: the address has no scheme, write it as in `ws://localhost:8080/mitto`",
        ),
        (
            "[hosts.h]\naddress = \"ws://\"",
            "line 2, column 11: hosts.h.address: the address ends after its scheme, write it as in `ws://localhost:8080/mitto`",
        ),
        (
            "[hosts.h]\naddress = \"ws://me:secret@x/\"",
            "line 2, column 11: hosts.h.address: the address holds a user, leave it out: secrets stand in no configuration, `key` says where they are",
        ),
        (
            "[hosts.h]\naddress = \"ws://a b\"",
            "line 2, column 11: hosts.h.address: the address holds a space, write `%20` or leave it out",
        ),
        (
            "[hosts.h]\naddress = \"ws://\\u202ex\"",
            "line 2, column 11: hosts.h.address: the address holds a character that is not ASCII, take only visible ASCII",
        ),
        (
            "[hosts.h]\naddress = \"ws://x\"\nruns = [\"a/b/c\", \"*\"]",
            "line 3, column 9: hosts.h.runs: the name of the node holds '/', take only A-Z a-z 0-9 _ -\nline 3, column 18: hosts.h.runs: the name of the application holds '*', take only A-Z a-z 0-9 _ -",
        ),
        (
            "[hosts.h]\naddress = \"ws://x\"\nlocal = 1",
            "line 3, column 9: hosts.h.local: this is a whole number, write `true` or `false`",
        ),
        (
            "[hosts.h]\naddress = \"ws://x\"\nkey = \"hunter2\"",
            "line 3, column 7: hosts.h.key: a key stands in no configuration, write `{ env = \"NAME\" }` or `{ file = \"path\" }`",
        ),
        (
            "[hosts.h]\naddress = \"ws://x\"\nkey = {}",
            "line 3, column 7: hosts.h.key: where is the key? write `{ env = \"NAME\" }` or `{ file = \"path\" }`",
        ),
        (
            "[hosts.h]\naddress = \"ws://x\"\nkey = { env = \"\" }",
            "line 1, column 8: hosts.h.key.env: the name of the environment variable is empty, take 1 to 64 of A-Z a-z 0-9 _ -",
        ),
        (
            "[hosts.a]\nlocal = true\naddress = \"ws://x\"\nruns = [\"a\"]\n[hosts.b]\nlocal = true\naddress = \"ws://x\"\nruns = [\"a\"]",
            "line 7, column 11: hosts.b.address: another local host listens on this address, take another one",
        ),
    ] {
        assert_eq!(refusal(Configuration::from_toml(text)), told, "{text}");
    }
}

#[test]
fn json_mistakes() {
    for (text, told) in [
        (
            "{",
            "line 1, column 1: not JSON: EOF while parsing an object",
        ),
        (
            "{\"version\": 1,}",
            "line 1, column 15: not JSON: key must be a string",
        ),
        (
            "{\n  \"version\": 1\n  \"hosts\": {}\n}",
            "line 3, column 3: not JSON: expected `,` or `}`",
        ),
        ("[]", "line 1, column 1: this is a list, write a table"),
        (
            "{\"version\": null}",
            "line 1, column 13: version: this is `null`, write a whole number",
        ),
        (
            "{\"version\": 1.5}",
            "line 1, column 13: version: this is a number, write a whole number",
        ),
        (
            "{\"version\": 1, \"version\": 2}",
            "line 1, column 16: version: this stands twice, leave one out",
        ),
        (
            "{\"hosts\": {\"é\": {\"address\": \"ws://x\", \"lokal\": true}}}",
            "line 1, column 39: hosts.\"é\".lokal: unknown key, did you mean `local`?",
        ),
        (
            "{\"hosts\": {\"h\": {\"address\": \"\\ud800\"}}}",
            "line 1, column 29: not JSON: unexpected end of hex escape",
        ),
        ("{} {}", "line 1, column 4: not JSON: trailing characters"),
    ] {
        assert_eq!(refusal(Configuration::from_json(text)), told, "{text}");
    }
}

#[test]
fn xml_mistakes() {
    for (text, told) in [
        ("", "line 1, column 1: not XML: no element"),
        (
            "<AjMessages>",
            "line 1, column 13: not XML: the file ends within `AjMessages`",
        ),
        (
            "<AjMessages><Application></AjMessages>",
            "line 1, column 26: not XML: ill-formed document: expected `</Application>`, but `</AjMessages>` was found",
        ),
        (
            "<Other/>",
            "line 1, column 1: the root is another element, write `AjMessages`",
        ),
        (
            "<AjMessages/><AjMessages/>",
            "line 1, column 14: a second element, there is one root",
        ),
        (
            "<AjMessages>text</AjMessages>",
            "line 1, column 13: a text is not expected here, everything stands in attributes",
        ),
        (
            "<!DOCTYPE a [<!ENTITY x \"y\">]><AjMessages/>",
            "line 1, column 1: a document type is refused, leave it out",
        ),
        (
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><AjMessages/>",
            "line 1, column 1: another encoding, save the file as UTF-8",
        ),
        (
            "<AjMessages Version=\"x\"/>",
            "line 1, column 13: Version: this is not a whole number",
        ),
        (
            "<AjMessages Version=\"1\" Version=\"2\"/>",
            "line 1, column 25: this stands twice, leave one out",
        ),
        (
            "<AjMessages>\n  <Aplication Name=\"A\"/>\n</AjMessages>",
            "line 2, column 3: AjMessages: `Aplication`: unknown element, did you mean `Application`?",
        ),
        (
            "<AjMessages>\n  <Application Nam=\"A\"/>\n</AjMessages>",
            "line 2, column 3: Application: the attribute `Name` is missing, add it\nline 2, column 16: Application: `Nam`: unknown attribute, did you mean `Name`?",
        ),
        (
            "<AjMessages><Application Name=\"A\"/><Application Name=\"A\"/></AjMessages>",
            "line 1, column 49: applications.A: this stands twice, leave one out",
        ),
        (
            "<AjMessages><Application Name=\"A B\"/></AjMessages>",
            "line 1, column 26: applications.\"A B\": the name of the application holds ' ', take only A-Z a-z 0-9 _ -",
        ),
        (
            "<AjMessages><Application Name=\"A\"><Node Name=\"N\"><Handler Name=\"H\"/></Node></Application></AjMessages>",
            "line 1, column 50: Handler `H`: a handler is defined by a `Type`, or by handlers in it",
        ),
        (
            "<AjMessages><Application Name=\"A\"><Node Name=\"N\" PolicyKey=\"x\"/></Application></AjMessages>",
            "line 1, column 50: Node `N`: `PolicyKey` is for `Policy=\"by-key\"`, leave it out",
        ),
        (
            "<AjMessages><Application Name=\"A\"><Node Name=\"N\"><Action Name=\"X\"/></Node></Application></AjMessages>",
            "line 1, column 50: Action `X`: an action has one `Handler`, name it",
        ),
        (
            "<AjMessages><Application Name=\"A\"><Node Name=\"N\"><Action Name=\"X\" Handler=\"h\"/></Node></Application></AjMessages>",
            "line 1, column 50: applications.A.nodes.N.actions.X: the node has no handler `h`, define it",
        ),
        (
            "<AjMessages><Application Name=\"A\"><Node Name=\"N\"><Handler Name=\"H\" Type=\"A.B\"><Property Value=\"x\"/></Handler></Node></Application></AjMessages>",
            "line 1, column 79: Property: the attribute `Name` is missing, add it",
        ),
        (
            "<AjMessages><Application Name=\"A\"><Node Name=\"N\"><Handler Name=\"H\" Type=\"A.B\"><Property Name=\"x\" Value=\"y\" Kind=\"integer\"/></Handler></Node></Application></AjMessages>",
            "line 1, column 98: Value: this is not a whole number",
        ),
        (
            "<AjMessages><Host Name=\"H\" Address=\"http://x\" Activate=\"yes\"/></AjMessages>",
            "line 1, column 47: Activate: this is not a bool, write `true` or `false`",
        ),
        (
            "<AjMessages><Host Name=\"H\"/></AjMessages>",
            "line 1, column 19: hosts.H: a host needs an address: `address = \"ws://localhost:8080/mitto\"`",
        ),
        (
            "<AjMessages><Host Name=\"H\" Address=\"http://x\"><Application Name=\"a/b\"/></Host></AjMessages>",
            "line 1, column 60: Application `a/b`: the name holds '/', take only A-Z a-z 0-9 _ -",
        ),
        (
            "<AjMessages a=\"&nope;\"/>",
            "line 1, column 13: not XML: unrecognized entity `nope`",
        ),
    ] {
        assert_eq!(refusal(Configuration::from_xml(text)), told, "{text}");
    }
}
