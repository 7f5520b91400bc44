use serde_json::json;

use super::*;

/// Where each value begins, and the value.
fn parsed(file: &str, text: &str) -> Vec<(String, Value)> {
    parse(file, text).unwrap().into_iter().map(|item| (item.origin, item.value)).collect()
}

#[test]
fn yaml_has_documents_and_lists() {
    let text = "# hooks\na: 1\n---\n- b: on\n\n- c: 0x10\n---\n---\n{d: null}\n";
    let expected = [
        ("f:2".to_owned(), json!({"a": 1})),
        ("f:4".to_owned(), json!({"b": "on"})),
        ("f:6".to_owned(), json!({"c": 16})),
        ("f:9".to_owned(), json!({"d": null})),
    ];
    assert_eq!(parsed("f", text), expected);
    assert_eq!(parsed("f", ""), []);
}

#[test]
fn json_has_values_and_lists() {
    let expected = [
        ("f.json:2".to_owned(), json!({"a": "\u{1f600}/"})),
        ("f.json:3: item 1".to_owned(), json!({"b": 1})),
        ("f.json:3: item 2".to_owned(), json!({"c": 2})),
    ];
    assert_eq!(parsed("f.json", "\n{\"a\": \"\\ud83d\\ude00\\/\"}\n[{\"b\": 1},\n{\"c\": 2}]\n"), expected);
}

#[test]
fn anchors_are_followed_but_not_without_end() {
    assert_eq!(parsed("f", "a: &x {b: 1}\nc: *x\n")[0].1, json!({"a": {"b": 1}, "c": {"b": 1}}));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let list = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    assert!(parse("f", &bomb).is_err());
}

#[test]
fn mistakes_have_a_place() {
    for (file, text, start) in [
        ("f.json", "{\n\"a\": }", "f.json:2: expected value"),
        ("f", "a: 1\nb: [\n", "f:"),
        ("f", "a: 1\n---\na: 1\na: 2\n", "f:4: "),
    ] {
        let mistake = parse(file, text).unwrap_err();
        assert!(mistake.starts_with(start) && !mistake.contains('\n'), "{mistake}");
    }
}

#[test]
fn a_directory_is_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let missing = read(&[dir.path().to_owned(), dir.path().join("none")]).unwrap_err();
    assert_eq!(missing.0.len(), 2, "{missing}");
    for (name, text) in
        [("b.yml", "n: 2"), ("a.yaml", "n: 1"), ("c.json", "{\"n\": 3}"), ("README.md", "- n")]
    {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let items = read(&[dir.path().to_owned()]).unwrap();
    let numbers: Vec<_> = items.iter().map(|item| item.value["n"].clone()).collect();
    assert_eq!(numbers, [1, 2, 3]);
}
