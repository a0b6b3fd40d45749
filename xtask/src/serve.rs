//! `cargo xtask serve`: build the page, serve it on this machine, open the browser.

use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;

use tiny_http::{Header, Request, Response, Server};

use crate::build;
use crate::tools::{Outcome, command, root};

const ADDRESS: &str = "127.0.0.1:8080";

pub(crate) fn run_all() -> Outcome {
    build::run_all()?;
    let server = Server::http(ADDRESS).or_else(|_| Server::http("127.0.0.1:0"));
    let server = server.map_err(|problem| format!("no port can be served on: {problem}"))?;
    let url = format!("http://{}/", server.server_addr());
    println!("\nPatchwork is at {url} (Ctrl+C ends it)");
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    // If there is no browser, the address is enough.
    drop(command(opener, &[&url]).stderr(Stdio::null()).spawn());
    let dist = root().join("dist");
    for request in server.incoming_requests() {
        answer(request, &dist);
    }
    Ok(())
}

/// Serves one file as any static host would. A client that went away is none of our business.
pub(crate) fn answer(request: Request, dist: &Path) {
    let file = resolve(request.url(), dist).and_then(|path| Some((File::open(&path).ok()?, path)));
    let Some((file, path)) = file else {
        drop(request.respond(Response::from_string("not found").with_status_code(404)));
        return;
    };
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let kind = match extension {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css",
        "js" => "text/javascript",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "md" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    let response = Response::from_file(file);
    let response = match Header::from_bytes("Content-Type", kind) {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    };
    drop(request.respond(response));
}

/// Returns the file that a URL's path means; `None` if it leads out of `dist`.
fn resolve(url: &str, dist: &Path) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    inside.then(|| dist.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_inside_are_served() {
        let dist = Path::new("/dist");
        assert_eq!(resolve("/", dist), Some("/dist/index.html".into()));
        assert_eq!(resolve("/a/b.js?x#y", dist), Some("/dist/a/b.js".into()));
        assert_eq!(resolve("/../secret", dist), None);
        assert_eq!(resolve("//etc/passwd", dist), Some("/dist/etc/passwd".into()));
    }
}
