//! Files that are not whole, or not for here: nothing is made of them.

use tempfile::TempDir;

use super::*;

struct World {
    server: Server,
    _dir: TempDir,
    path: String,
    text: String,
}

impl World {
    /// A server whose backup is in a file, and that has lost a hook since.
    async fn new() -> World {
        let server = Server::start().await;
        populate(&server, 3).await;
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("backup.jsonl").to_str().unwrap().to_owned();
        assert_exit(&server.cli(&["export", &path]), 0);
        let text = fs::read_to_string(&path).unwrap();
        Request::to("DELETE /hooks/g0/h0").send(&server).await.ok();
        World { server, _dir: dir, path, text }
    }

    /// Imports the file as it would be so, in vain.
    async fn refuse(&self, text: &str, problem: &str) {
        fs::write(&self.path, text).unwrap();
        assert_says(&self.server.cli(&["import", &self.path, "--replace"]), 1, &[problem]);
        assert_eq!(Request::to("GET /hooks/g0/h0").send(&self.server).await.status, 404, "{problem}");
    }
}

#[tokio::test]
async fn what_is_not_whole_is_refused_before_anything_is_written() {
    let world = World::new().await;
    let text = &world.text;
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.len();
    world.refuse(&text[..text.len() - 4], &format!("line {last}: EOF while parsing")).await;
    world.refuse(&lines[..last - 1].join("\n"), "without the line that tells that it is whole").await;
    world.refuse("", "is no export of Treble's").await;
    world.refuse(&text.replace("\"version\":1", "\"version\":7"), "is of version 7 of the format").await;
    world.refuse(&text.replace("0 0 0 1 1 *", "0 0 0 31 2 *"), ", line 9: Invalid explicit day").await;
    world.refuse(&text.replace("\"hookId\":\"h2\"", "\"hookId\":\"h 2\""), "hookId \"h 2\" must be").await;
    let sealed = text.find("sealedToken\":\"").unwrap() + 30;
    let other = if text.as_bytes()[sealed] == b'A' { "B" } else { "A" };
    let broken = format!("{}{other}{}", &text[..sealed], &text[sealed + 1..]);
    world.refuse(&broken, "the access token of client").await;
    let cycle = text.replacen("hooks:get:<..>:*", "assume:team:<..>", 1);
    world.refuse(&cycle, "team:*").await;

    // Lines may be taken out: what is left is whole.
    let hooks = lines.iter().filter(|line| !line.starts_with("{\"fire\"") && !line.starts_with("{\"claim\""));
    fs::write(&world.path, hooks.copied().collect::<Vec<_>>().join("\n")).unwrap();
    assert_says(&world.server.cli(&["import", &world.path]), 0, &["hooks: 1 imported, 3 there already"]);
    assert_eq!(Request::to("GET /hooks/g0/h0").send(&world.server).await.status, 200);
}

#[tokio::test]
async fn another_master_key_opens_no_access_tokens() {
    let (world, other) = (World::new().await, Server::start().await);
    assert_says(&other.cli(&["import", &world.path]), 1, &["under another master key", "--other-key"]);
    let imported = other.cli(&["import", &world.path, "--other-key"]);
    assert_says(&imported, 0, &["hooks: 4 imported", "clients: 3 left out", "roles: 2 imported"]);
    let token = Request::to("GET /hooks/g0/h0/token").send(&other).await.ok();
    assert!(!world.text.contains(token["token"].as_str().unwrap()));

    // Nor does a directory without a key become one with clients.
    if !other.is_on_aws() {
        let empty = TempDir::new().unwrap();
        let empty = empty.path().join("new").to_str().unwrap().to_owned();
        let import = ["import", &world.path, "--data", &empty];
        assert_says(&other.cli_with([], &import), 1, &["there is no master key", "copy it from"]);
        assert_exit(&other.cli_with([], &[&import[..], &["--other-key"]].concat()), 0);
    }
}

#[tokio::test]
async fn a_pipe_is_as_good_as_a_file() {
    let world = World::new().await;
    let exported = world.server.cli(&["export", "-", "--group", "g1"]);
    assert_says(
        &exported,
        0,
        &["{\"format\":\"treble-export\"", "\"hookId\":\"a/1\"", "{\"end\":{}}", "Exported "],
    );
    assert!(!exported.printed.contains("\"hookId\":\"h2\""));
    assert_says(&world.server.cli(&["import", "-"]), 1, &["- is no export of Treble's"]);
}
