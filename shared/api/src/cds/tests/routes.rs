use http::Method;

use super::world::Client;
use crate::cds::route::{Found, find};
use crate::cds::{ROUTES, is_path};

#[test]
fn paths_find_their_routes() {
    let cases = [
        ("GET", "/webhook/u", "webhook"),
        ("HEAD", "/webhook/u/", "webhook"),
        ("DELETE", "/webhook/u", "webhook"),
        ("PATCH", "/webhook/u", "DELETE GET HEAD POST PUT"),
        ("POST", "/task", "create-task"),
        ("GET", "/task/", "list-tasks"),
        ("PUT", "/task/u", "update-task"),
        ("GET", "/task/u%2Fv", "task"),
        ("POST", "/task/u", "DELETE GET HEAD PUT"),
        ("POST", "/task/bulk", "save-tasks"),
        ("DELETE", "/task/bulk", "delete-tasks"),
        ("PUT", "/task/bulk", "DELETE POST"),
        ("POST", "/task/bulk/start", "start-tasks"),
        ("GET", "/task/bulk/stop", "stop-tasks"),
        ("POST", "/task/execute", "execute-task"),
        ("GET", "/task/execute", "POST"),
        ("GET", "/task/u/execution", "executions"),
        ("DELETE", "/task/u/execution", "delete-executions"),
        ("GET", "/task/u/execution/1", "execution"),
        ("POST", "/task/u/execution/1/stop", "stop-execution"),
        ("POST", "/task/u/execution/1/run", "run-execution"),
        ("GET", "/task/u/start", "start-task"),
        ("POST", "/task/u/stop", "stop-task"),
        ("POST", "/admin/maintenance", "maintenance"),
        ("GET", "/mon/version", "version"),
        ("GET", "/mon/status", "status"),
        ("GET", "/mon", "nothing"),
        ("GET", "/webhook", "nothing"),
        ("GET", "/task//execution", "nothing"),
        ("GET", "//task", "nothing"),
        ("GET", "/Task", "nothing"),
    ];
    for (method, path, expected) in cases {
        let found = match find(ROUTES, &method.parse().unwrap(), path).unwrap() {
            Found::Route(route, _) => route.name.to_owned(),
            Found::OtherMethods(allowed) => allowed.join(" "),
            Found::Nothing => "nothing".into(),
        };
        assert_eq!(found, expected, "{method} {path}");
        assert!(expected == "nothing" || is_path(path), "{path}");
    }
}

#[test]
fn parameters_are_decoded() {
    let Ok(Found::Route(_, parameters)) = find(ROUTES, &Method::GET, "/task/a%20b/execution/7") else {
        panic!("there is such a route")
    };
    assert_eq!(parameters, [("uuid", "a b".to_owned()), ("timestamp", "7".into())]);
    assert!(find(ROUTES, &Method::GET, "/task/%ff").is_err());
}

#[test]
fn other_dialects_paths_are_not_ours() {
    for path in ["/", "/api/hooks/v1/ping", "/tasks", "/admin", "/admin/maintenance/x", "/__version__", ""] {
        assert!(!is_path(path), "{path}");
    }
}

#[test]
fn functions_have_names_of_their_own() {
    let mut names: Vec<String> = ROUTES.iter().map(|route| route.function()).collect();
    assert!(names.contains(&"cds-create-task".into()));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ROUTES.len());
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let client = Client::new();
    assert_eq!(client.send("GET", "/mon/x", &[], "").await.error(404), "There is no GET /mon/x");
    let answer = client.send("PATCH", "/task/u", &[], "").await;
    assert_eq!(answer.headers["allow"], "DELETE, GET, HEAD, PUT");
    assert_eq!(answer.error(405), "There is no PATCH /task/u: it takes DELETE, GET, HEAD, PUT");
    let anonymous: Vec<&str> =
        ROUTES.iter().filter(|route| !route.authenticated).map(|route| route.name).collect();
    assert_eq!(anonymous, ["webhook", "version", "status"]);
}
