//! template.yaml against the code: all that there is is deployed, each function with what it needs, and no more.

pub(crate) mod cds_calls;
pub(crate) mod document;
pub(crate) mod gates_calls;
mod permissions;
mod policies;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use treble_api::cds;
use treble_api::taskcluster::ALL_ROUTES;
use treble_aws::dynamodb::schema::{
    DUE_AT, DUE_INDEX, DUE_PARTITION, PARTITION_KEY, PATTERNS, REVISION, SORT_KEY, TIME_TO_LIVE,
};
use treble_tests::{Idle, deploy_template};

use document::Template;
pub(crate) use policies::allowed;

const FUNCTION: &str = "AWS::Serverless::Function";
const QUEUE: &str = "AWS::SQS::Queue";
const TABLE: &str = "AWS::DynamoDB::Table";

/// All that is optional.
const ALL: [(&str, &str); 10] = [
    ("Broker", "yes"),
    ("MailFrom", "hooks@example.com"),
    ("CdsApiUrl", "https://cds.example.com"),
    ("CdsTokenSecretArn", TOKEN_SECRET),
    ("VcsServersSecretArn", VCS_SERVERS_SECRET),
    ("CcxTokenSecretArn", CCX_TOKEN_SECRET),
    ("HookGates", "yes"),
    ("KafkaClusterArn", "arn:aws:kafka:us-east-1:000000000000:cluster/c/1"),
    ("KafkaBrokers", "kafka.example.com:9096"),
    ("KafkaSecretArn", "arn:aws:secretsmanager:us-east-1:000000000000:secret:kafka"),
];

/// The secret that has the servers of repositories.
const VCS_SERVERS_SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:vcs";

/// The secret that is the tokens of CCX's platform.
const CCX_TOKEN_SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:ccx";

/// The secret that is the token for CDS.
const TOKEN_SECRET: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:cds";

/// The binaries that have a use for the denied exchanges. All read them, and take any text.
const DENYING: [&str; 3] = ["create-hook", "default", "update-hook"];

fn all() -> Template {
    Template::with(&ALL)
}

fn binary(function: &Value) -> &str {
    function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap()
}

/// The binary of the function that a reference leads to.
fn binary_of<'t>(template: &'t Template, reference: &Value) -> &'t str {
    let name = reference["Ref"].as_str().or_else(|| reference["Fn::GetAtt"].as_str()).unwrap();
    binary(template.resource(name.trim_end_matches(".Arn")))
}

#[test]
fn every_binary_is_a_function() {
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/src/bin");
    let stem =
        |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().path().file_stem().unwrap().to_owned();
    let mut binaries: Vec<_> =
        std::fs::read_dir(files).unwrap().map(|entry| stem(entry).into_string().unwrap()).collect();
    binaries.sort();
    let template = all();
    let functions = template.resources(FUNCTION);
    let mut deployed: Vec<_> = functions.iter().map(|(_, function)| binary(function).to_owned()).collect();
    deployed.sort();
    assert_eq!(deployed, binaries);
    assert_eq!(template.global("CodeUri"), "functions");
    for (_, function) in functions {
        assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda");
        let name = json!(format!("${{AWS::StackName}}-{}", binary(&function)));
        assert_eq!(function["Properties"]["FunctionName"]["Fn::Sub"], name);
    }
}

#[test]
fn every_route_leads_to_its_function() {
    let template = all();
    let mut expected: BTreeMap<String, String> = ALL_ROUTES
        .iter()
        .map(|route| (format!("{} {}", route.method, route.path_template()), route.function()))
        .collect();
    assert_eq!(expected.len(), ALL_ROUTES.len());
    for route in cds::ROUTES {
        let keys = route.methods.iter().map(|method| format!("{method} {}", route.path));
        expected.extend(keys.map(|key| (key, route.function())));
    }
    expected.insert(format!("POST {}{{method}}", treble_api::ccx::MOUNT), "ccx".into());
    expected.insert("$default".into(), "default".into());

    let mut routes = BTreeMap::new();
    for (name, route) in template.resources("AWS::ApiGatewayV2::Route") {
        let target = route["Properties"]["Target"]["Fn::Sub"].as_str().unwrap();
        let integration = target.strip_prefix("integrations/${").unwrap().trim_end_matches('}');
        let integration = &template.resource(integration)["Properties"];
        assert_eq!(integration["PayloadFormatVersion"], "2.0", "{name}");
        let key = route["Properties"]["RouteKey"].as_str().unwrap().to_owned();
        let function = binary_of(&template, &integration["IntegrationUri"]).to_owned();
        assert!(routes.insert(key, function).is_none(), "{name} is there twice");
    }
    assert_eq!(routes, expected);

    // Each may be called by its route alone.
    let mut permitted = BTreeMap::new();
    for (_, permission) in template.resources("AWS::Lambda::Permission") {
        let permission = &permission["Properties"];
        if permission["Principal"] == "apigateway.amazonaws.com" {
            let source = permission["SourceArn"]["Fn::Sub"].as_str().unwrap();
            let route = source.split_once("${Api}/*/").unwrap().1.to_owned();
            permitted.insert(route, binary_of(&template, &permission["FunctionName"]).to_owned());
        }
    }
    let source = |key: &str| {
        let parameter =
            |segment: &str| if segment.starts_with('{') { "*".into() } else { segment.to_owned() };
        key.replacen(' ', "", 1).split('/').map(parameter).collect::<Vec<_>>().join("/")
    };
    let expected: BTreeMap<_, _> =
        expected.into_iter().map(|(key, function)| (source(&key), function)).collect();
    assert_eq!(permitted, expected);

    // What is set for a route by its name is for one that there is.
    let stage = &template.resource("ApiStage")["Properties"]["RouteSettings"];
    assert!(stage.as_object().unwrap().keys().all(|key| routes.contains_key(key)), "{stage}");
}

/// The ways to deploy it that make a difference to what functions are given.
fn deployments() -> Vec<Template> {
    let auth = ("Auth", "taskcluster:https://tc.example");
    let own_queue = ("Sink", "");
    let queue = ("Sink", "sqs:https://sqs.example/1/tasks");
    let arn = ("SinkQueueArn", "arn:aws:sqs:us-east-1:000000000000:tasks");
    let (taskcluster, secret) = (("Sink", "taskcluster:https://tc.example"), ("TaskclusterSecret", "tc"));
    let choices =
        [vec![own_queue], vec![queue, arn, auth], vec![taskcluster, secret], vec![taskcluster, secret, auth]];
    choices.map(|choice| Template::with(&[&ALL[..], &choice].concat())).into()
}

/// What a function is given, with values to start it with.
fn environment(function: &Value) -> BTreeMap<String, String> {
    let Some(variables) = function["Properties"]["Environment"]["Variables"].as_object() else {
        return BTreeMap::new();
    };
    let value = |name: &str, value: &Value| match (value.as_str(), name) {
        (Some(text), _) => text.to_owned(),
        (None, "TREBLE_SINK") => {
            assert_eq!(*value, json!({"Fn::Sub": "sqs:${TasksQueue}"}));
            "sqs:https://sqs.example/1/tasks".into()
        }
        (None, "CDS_API_URL") => "https://cds.example.com".into(),
        (None, "CDS_RETRY_DELAY" | "CDS_RETRY_ERROR" | "CDS_EXECUTION_HISTORY") => "1".into(),
        (None, "TREBLE_ROOT_URL") => "https://hooks.example.com".into(),
        (None, _) => "https://x.example/1/x".into(),
    };
    variables.iter().map(|(name, given)| (name.clone(), value(name, given))).collect()
}

/// Which variable a function says is missing or malformed, started with these.
fn complaint(idle: &Idle, binary: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let log = idle.log(binary, &variables);
    let (before, _) = log.split_once(" is not set").or_else(|| log.split_once(" must hold "))?;
    Some(before.rsplit('"').next().unwrap().to_owned())
}

/// The binaries are started as they are deployed, and without each of their variables.
#[test]
fn every_function_is_given_the_variables_that_it_asks_for() {
    let idle = Idle::start();
    let mut seen = BTreeSet::new();
    for template in deployments() {
        let functions = template.resources(FUNCTION);
        let new = functions.iter().filter(|(name, function)| {
            seen.insert((name.to_string(), environment(function).into_keys().collect::<Vec<_>>()))
        });
        std::thread::scope(|scope| {
            for (name, function) in new {
                let idle = &idle;
                scope.spawn(move || {
                    let (binary, given) = (binary(function), environment(function));
                    assert_eq!(complaint(idle, binary, &given), None, "{name}");
                    for variable in given.keys() {
                        let mut without = given.clone();
                        match variable.as_str() {
                            "TREBLE_DENIED_EXCHANGES" => {
                                assert!(DENYING.contains(&binary));
                                continue;
                            }
                            // With it, lanes are looked for; it takes any text for a queue's URL.
                            "TREBLE_DELIVERIES_QUEUE_URL" if binary == "tick" => continue,
                            // It mails where it is told from whom.
                            "TREBLE_MAIL_FROM" if binary == "deliver" => continue,
                            // It takes any text.
                            "CDS_NAME" | "TREBLE_KAFKA_INTEGRATION" => {
                                assert!(["cds-beat", "cds-kafka"].contains(&binary));
                                continue;
                            }
                            // Where there is none it is the default.
                            "TREBLE_AUTH"
                            | "TREBLE_HOOK_GATES"
                            | "TREBLE_INTEGRATOR_ADDRESSES"
                            | "TREBLE_TRACE_IN_TASKS"
                            | "CDS_API_URL"
                            | "CDS_RETRY_DELAY"
                            | "CDS_RETRY_ERROR"
                            | "CDS_EXECUTION_HISTORY" => without.insert(variable.clone(), "nobody".into()),
                            _ => without.remove(variable),
                        };
                        assert_eq!(complaint(idle, binary, &without).as_ref(), Some(variable), "{name}");
                    }
                    assert_eq!(given.contains_key("TREBLE_DENIED_EXCHANGES"), DENYING.contains(&binary));
                });
            }
        });
    }
}

#[test]
fn tables_are_those_of_the_schema() {
    let key = json!([
        {"AttributeName": PARTITION_KEY, "KeyType": "HASH"}, {"AttributeName": SORT_KEY, "KeyType": "RANGE"},
    ]);
    let attributes = |names: &[(&str, &str)]| -> Value {
        names.iter().map(|(name, kind)| json!({"AttributeName": name, "AttributeType": kind})).collect()
    };
    let (own, index) = ([(PARTITION_KEY, "S"), (SORT_KEY, "S")], [(DUE_PARTITION, "S"), (DUE_AT, "N")]);
    let template = all();
    let tables = template.resources(TABLE);
    assert_eq!(tables.len(), 4);
    for (name, table) in tables {
        let properties = &table["Properties"];
        assert_eq!(properties["KeySchema"], key, "{name}");
        assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST", "{name}");
        assert_eq!(
            properties["PointInTimeRecoverySpecification"],
            json!({"PointInTimeRecoveryEnabled": true}),
            "{name}"
        );
        assert_eq!(properties["SSESpecification"], json!({"SSEEnabled": true}), "{name}");
        assert_eq!(
            (&table["DeletionPolicy"], &table["UpdateReplacePolicy"]),
            (&json!("Retain"), &json!("Retain"))
        );
        let expires = json!({"AttributeName": TIME_TO_LIVE, "Enabled": true});
        let expiring = ["FiresTable", "GatesTable"].contains(&name);
        assert_eq!(properties.get("TimeToLiveSpecification"), expiring.then_some(&expires), "{name}");
        if name == "HooksTable" {
            assert_eq!(properties["AttributeDefinitions"], attributes(&[own, index].concat()));
            assert_eq!(
                properties["GlobalSecondaryIndexes"],
                json!([{
                    "IndexName": DUE_INDEX,
                    "KeySchema": [
                        {"AttributeName": DUE_PARTITION, "KeyType": "HASH"},
                        {"AttributeName": DUE_AT, "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": [PATTERNS, REVISION]},
                }])
            );
            assert_eq!(properties["StreamSpecification"], json!({"StreamViewType": "NEW_AND_OLD_IMAGES"}));
        } else {
            assert_eq!(properties["AttributeDefinitions"], attributes(&own), "{name}");
        }
    }
}

#[test]
fn every_queue_has_dead_letters_and_its_function_the_time_it_needs() {
    let template = all();
    let (queues, functions) = (template.resources(QUEUE), template.resources(FUNCTION));
    let dead_letters = |queue: &Value| {
        let target = queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"].as_str();
        target.map(|target| target.trim_end_matches(".Arn").to_owned())
    };
    let ends: BTreeSet<_> = queues.iter().filter_map(|(_, queue)| dead_letters(queue)).collect();
    for (name, queue) in &queues {
        assert_eq!(queue["Properties"]["SqsManagedSseEnabled"], true, "{name}");
        // A beat that is late is of no use: there is another in half a minute.
        if *name == "CdsBeatsQueue" {
            continue;
        }
        // Those that functions and rules fail to are ends as well.
        let is_end = ends.contains(*name) || name.ends_with("DeadLetters");
        assert_eq!(dead_letters(queue).is_none(), is_end, "{name}");
        assert_eq!(queue["Properties"]["MessageRetentionPeriod"], 14 * 24 * 3600, "{name}");
    }
    for (name, source) in template.resources("AWS::Lambda::EventSourceMapping") {
        let source = &source["Properties"];
        // Kafka's come again as a whole.
        let Some(from) = source["EventSourceArn"]["Fn::GetAtt"].as_str() else { continue };
        assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{name}");
        let Some((_, queue)) = queues.iter().find(|(queue, _)| from == format!("{queue}.Arn")) else {
            assert_eq!(from, "HooksTable.StreamArn");
            continue;
        };
        let consumer = source["FunctionName"]["Ref"].as_str().unwrap();
        let (_, function) = functions.iter().find(|(function, _)| *function == consumer).unwrap();
        let hidden = queue["Properties"]["VisibilityTimeout"].as_i64().unwrap();
        assert!(hidden >= 6 * function["Properties"]["Timeout"].as_i64().unwrap(), "{name}");
    }
}

#[test]
fn secrets_are_generated_or_referred_to() {
    let template = all();
    let master_key = &template.resource("MasterKey")["Properties"]["GenerateSecretString"];
    assert!(master_key["PasswordLength"].as_i64().unwrap() >= 32);
    for template in deployments() {
        for (name, function) in template.resources(FUNCTION) {
            let token = &function["Properties"]["Environment"]["Variables"]["TASKCLUSTER_ACCESS_TOKEN"];
            let text = token["Fn::Sub"].as_str();
            assert!(
                token.is_null() || text.is_some_and(|text| text.starts_with("{{resolve:secretsmanager:")),
                "{name}"
            );
        }
    }
}

/// Metrics of several stacks are told apart, and the alarm listens to its own.
#[test]
fn metrics_are_of_their_stack() {
    let template = all();
    let stack = json!({"Ref": "AWS::StackName"});
    assert_eq!(*template.global("Environment"), json!({"Variables": {"TREBLE_STACK": stack}}));
    let lag = &template.resource("TickLagAlarm")["Properties"];
    assert_eq!((&lag["Namespace"], &lag["MetricName"]), (&json!("Treble"), &json!("TickLag")));
    assert_eq!(lag["Dimensions"], json!([{"Name": "Stack", "Value": stack}]));
}

#[test]
fn it_can_be_deployed_and_used() {
    let Ok(endpoint) = std::env::var("AWS_ENDPOINT_URL") else { return };
    deploy_template(&endpoint);
}
