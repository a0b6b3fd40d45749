//! Checks the source against the table of rooms (top-level modules) in ARCHITECTURE.md, which says which
//! room may use which.

mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::tools::{Outcome, root};

const TABLE: &str = "ARCHITECTURE.md";

/// The names at the crate's root that are no rooms, and that every room may use.
const SHARED_NAMES: [&str; 2] = ["Error", "Result"];

/// The rooms that a room may use, and those that only its tests may use.
#[derive(Debug, Default, Clone, PartialEq)]
struct Allowed {
    rooms: BTreeSet<String>,
    tests: BTreeSet<String>,
}

/// The files of `src/` that belong to no room.
const ROOT: [&str; 2] = ["lib.rs", "error.rs"];

/// Checks every path in `src/` against the table, and checks that each entry of the table is used.
pub(crate) fn check() -> Outcome {
    let path = root().join(TABLE);
    let text = fs::read_to_string(&path).map_err(|problem| format!("{TABLE}: {problem}"))?;
    let table = table(&text);
    let src = root().join("src");
    let mut problems = Vec::new();
    let mut unused = table.clone();
    for file in rust_files(&src)? {
        let inside = file.strip_prefix(&src).map_err(|problem| problem.to_string())?;
        let module = module_of(inside);
        let name = inside.display().to_string();
        if ROOT.contains(&name.as_str()) {
            continue;
        }
        let (room, allowed) = match module.first().map(|room| (room, table.get(room))) {
            Some((room, Some(allowed))) if inside.components().count() > 1 => (room, allowed),
            _ => {
                problems.push(format!("src/{name} is in no room of the table in {TABLE}"));
                continue;
            }
        };
        let text = fs::read_to_string(&file).map_err(|problem| problem.to_string())?;
        let found = paths::used(&text, &module).map_err(|why| format!("src/{name}: {why}"))?;
        let left = unused.entry(room.clone()).or_default();
        for (used, is_test) in found {
            left.rooms.remove(&used);
            left.tests.remove(&used);
            let is_fine = used == *room
                || SHARED_NAMES.contains(&used.as_str())
                || allowed.rooms.contains(&used)
                || (is_test && allowed.tests.contains(&used));
            if !is_fine {
                problems.push(format!("src/{name} uses `{used}`"));
            }
        }
    }
    for (room, Allowed { rooms, tests }) in unused {
        let never = |used| format!("{TABLE} allows `{room}` to use `{used}`, and it does not");
        problems.extend(rooms.iter().chain(&tests).map(never));
    }
    if problems.is_empty() {
        return Ok(());
    }
    problems.push(format!("change the code, or the table in {TABLE}"));
    Err(problems.join("\n"))
}

/// Returns the table's rows: each room, with the rooms that it may use.
fn table(text: &str) -> BTreeMap<String, Allowed> {
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split(',').map(|name| name.trim().to_owned()).filter(|n| !n.is_empty()).collect()
    };
    let mut table = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", room, rooms, tests, _, ""] = cells[..] else { continue };
        let Some(room) = room.strip_prefix('`').and_then(|room| room.strip_suffix('`')) else {
            continue;
        };
        table.insert(room.to_owned(), Allowed { rooms: names(rooms), tests: names(tests) });
    }
    table
}

/// Returns the path of a file's module from the crate's root.
fn module_of(inside: &Path) -> Vec<String> {
    let parts = inside.with_extension("");
    let mut parts: Vec<String> =
        parts.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries =
        fs::read_dir(folder).map_err(|problem| format!("{}: {problem}", folder.display()))?;
    let mut files = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_rows_of_the_table() {
        let table =
            table("| room | may use | tests | what |\n|---|---|---|---|\n| `a` | b, c | d | x |\n");
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let a = Allowed { rooms: set(&["b", "c"]), tests: set(&["d"]) };
        assert_eq!(table, BTreeMap::from([("a".to_owned(), a)]));
    }
}
