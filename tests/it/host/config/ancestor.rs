//! The files of AjMessages, as they are.

use mitto::host::config::{Configuration, HandlerKind, NodeConfig, Placement, StepConfig};

const FILE: &str = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\" ?>\r
<AjMessages>
  <Application Name=\"App1\">
    <Node Name=\"Node1\">
      <Handler Name=\"PostHandler\" Type=\"AjMessages.PostHandler, AjMessages\"/>
      <Handler Name=\"DecrementHandler\" Type=\"AjMessages.Console01.DecrementHandler, AjMessages.Console01\"/>
      <Handler Name=\"Pipeline1\">
        <Handler Name=\"DecrementHandler\"/>
        <Handler Name=\"PostHandler\"><Property Name=\"Action\" Value=\"App2/Node1/Process\"/></Handler>
      </Handler>
      <Action Name=\"Process\" Handler=\"Pipeline1\"/>
    </Node>
    <Node Name=\"Node2\"/>
  </Application>
  <Host Name=\"Host1\" Address=\"http://localhost:50000/AjMessages\" Activate=\"true\">
    <Application Name=\"App1\"><Node Name=\"Node1\"/><Node Name=\"Node2\"/></Application>
  </Host>
</AjMessages>
";

#[test]
fn the_ancestors_file_is_read_as_it_stands() {
    let configuration = Configuration::from_xml(FILE).unwrap();
    configuration.validate().unwrap();
    assert_eq!(Configuration::from_text(FILE).unwrap(), configuration);

    let application = configuration.application("App1").unwrap();
    let names: Vec<&str> = application.nodes().map(NodeConfig::name).collect();
    assert_eq!(names, ["Node1", "Node2"]);
    let node = application.node("Node1").unwrap();
    let process = node.action("Process").unwrap();
    assert_eq!(process.handler().kind(), &HandlerKind::Named);
    let steps = node.steps(process).unwrap();
    let kinds: Vec<&str> = steps.iter().map(StepConfig::kind).collect();
    assert_eq!(kinds, ["DecrementHandler", "PostHandler"]);
    let action = steps[1]
        .properties()
        .get("Action")
        .and_then(|text| text.as_str());
    assert_eq!(action, Some("App2/Node1/Process"));

    let host = configuration.host("Host1").unwrap();
    assert!(host.is_local());
    assert_eq!(host.address(), "ws://localhost:50000/AjMessages");
    let runs: Vec<String> = host.runs().iter().map(Placement::to_string).collect();
    assert_eq!(runs, ["App1/Node1", "App1/Node2"]);
}

#[test]
fn the_same_in_toml() {
    let toml = Configuration::from_toml(
        r#"
        [applications.App1.nodes.Node1.handlers]
        PostHandler = "PostHandler"
        DecrementHandler = "DecrementHandler"
        Pipeline1 = [
            "DecrementHandler",
            { handler = "PostHandler", properties = { Action = "App2/Node1/Process" } },
        ]

        [applications.App1.nodes.Node1.actions]
        Process = "Pipeline1"

        [applications.App1.nodes.Node2]

        [hosts.Host1]
        local = true
        address = "ws://localhost:50000/AjMessages"
        runs = ["App1/Node1", "App1/Node2"]
        "#,
    );
    assert_eq!(toml.unwrap(), Configuration::from_xml(FILE).unwrap());
}

#[test]
fn places_in_the_file_are_told() {
    let configuration = Configuration::from_xml(FILE).unwrap();
    let application = configuration.application("App1").unwrap();
    let origin = application.node("Node2").unwrap().origin();
    assert_eq!((origin.line(), origin.column()), (Some(13), Some(11)));
    let faulty = FILE.replace("<Node Name=\"Node2\"/>\n  <", "<Knot/>\n  <");
    let error = Configuration::from_xml(&faulty).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 13, column 5: Application `App1`: `Knot`: unknown element, take one of `Node`"
    );
}

#[test]
fn a_host_of_a_whole_application_and_what_dotnet_writes() {
    let configuration = Configuration::from_xml(
        "<AjMessages xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <!-- of old --><Application Name=\"A\"/>\
         <Host Name=\"H\" Address=\"https://x/y\" Activate=\"True\"><Application Name=\"A\"/></Host>\
         </AjMessages>",
    )
    .unwrap();
    let host = configuration.host("H").unwrap();
    assert_eq!(host.address(), "wss://x/y");
    assert!(host.is_local() && host.does_run("A", "anything"));
}

#[test]
fn nested_classes_are_named_by_their_last_part() {
    for (kind, name) in [
        ("A.B.C+Inner, D, Version=1.0.0.0", "Inner"),
        ("Plain", "Plain"),
        (" A.B , C", "B"),
    ] {
        let text = format!(
            "<AjMessages><Application Name=\"A\"><Node Name=\"N\"><Handler Name=\"H\" Type=\"{kind}\"/>\
             </Node></Application></AjMessages>"
        );
        let configuration = Configuration::from_xml(&text).unwrap();
        let node = configuration
            .application("A")
            .and_then(|a| a.node("N"))
            .unwrap();
        let handler = node.handlers().next().unwrap();
        assert_eq!(handler.kind(), &HandlerKind::Type(name.to_owned()));
    }
}
