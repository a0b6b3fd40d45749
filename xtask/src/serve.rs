//! `cargo xtask serve`: builds the page, serves it on this machine and opens the browser.

use std::fs::File;
use std::io::{Cursor, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::thread;

use percent_encoding::percent_decode_str;
use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use crate::build;
use crate::tools::{Outcome, command, root};

const ADDRESS: &str = "127.0.0.1:8080";
/// How many responses are sent at once. A browser has six connections to a host, and a client that does
/// not read occupies one thread.
const THREADS: usize = 16;

pub(crate) fn run_all() -> Outcome {
    build::run_all()?;
    let server = Server::http(ADDRESS).or_else(|_| Server::http("127.0.0.1:0"));
    let server = server.map_err(|problem| format!("no port is free to serve on: {problem}"))?;
    let url = format!("http://{}/", server.server_addr());
    println!("\nPatchwork is at {url} (Ctrl+C ends it)");
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    // If no browser can be opened, the printed address is enough.
    drop(command(opener, &[&url]).stderr(Stdio::null()).spawn());
    serve(&server, &root().join("dist"));
    Ok(())
}

/// Answers requests until every thread is unblocked.
fn serve(server: &Server, dist: &Path) {
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| server.incoming_requests().for_each(|request| answer(request, dist)));
        }
    });
}

/// Serves one file as any static host would. Errors are ignored if the client has disconnected.
fn answer(request: Request, dist: &Path) {
    if !matches!(request.method(), Method::Get | Method::Head) {
        let response = sentence(405, "this server only serves files: use GET or HEAD");
        drop(request.respond(with_header(response, "Allow", "GET, HEAD")));
        return;
    }
    let file = match find(request.url(), dist) {
        Ok(Found::File(path)) => match File::open(&path) {
            Ok(file) => Ok((file, path)),
            Err(problem) if problem.kind() == ErrorKind::NotFound => Err(missing()),
            Err(problem) => Err(sentence(500, &format!("the file cannot be read: {problem}"))),
        },
        Ok(Found::Folder(address)) => {
            let response = sentence(301, "a folder's address ends with a slash");
            Err(with_header(response, "Location", &address))
        }
        Err(refusal) => Err(refusal),
    };
    drop(match file {
        Ok((file, path)) => {
            // The response has a length instead of chunks, so that browsers know how much is to come.
            let response = Response::from_file(file).with_chunked_threshold(usize::MAX);
            request.respond(with_header(response, "Content-Type", kind(&path)))
        }
        Err(response) => request.respond(response),
    });
}

type Sentence = Response<Cursor<Vec<u8>>>;

fn sentence(status: u16, text: &str) -> Sentence {
    Response::from_string(text).with_status_code(StatusCode(status))
}

fn missing() -> Sentence {
    sentence(404, "not found")
}

fn with_header<R: std::io::Read>(response: Response<R>, name: &str, value: &str) -> Response<R> {
    match Header::from_bytes(name, value) {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    }
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css",
        "js" | "mjs" => "text/javascript",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "tsv" => "text/tab-separated-values; charset=utf-8",
        "md" | "txt" => "text/plain; charset=utf-8",
        "gz" => "application/gzip",
        // Brotli has no registered type, so a `.br` file is sent as bytes, like weights.
        _ => "application/octet-stream",
    }
}

/// The target of an address.
enum Found {
    File(PathBuf),
    /// A folder that was requested without its trailing slash, with its address relative to the request.
    Folder(String),
}

/// Finds the target of a URL in `dist`, or returns the refusal. The path is split at its slashes before
/// each part is decoded, and each part must be one plain name, so no escape leads outside.
fn find(url: &str, dist: &Path) -> Result<Found, Sentence> {
    let (path, query) =
        url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let Some(path) = path.strip_prefix('/') else {
        return Err(sentence(400, "an address begins with a slash"));
    };
    let mut place = dist.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let Some(name) = decoded(part) else {
            return Err(sentence(400, "the address has a % that is no escape of UTF-8 text"));
        };
        if !is_plain(&name) {
            return Err(missing());
        }
        place.push(name);
    }
    let is_folder_address = path.is_empty() || path.ends_with('/');
    match (place.is_dir(), is_folder_address) {
        (true, true) if place.join("index.html").is_file() => {
            Ok(Found::File(place.join("index.html")))
        }
        (true, false) => {
            let last = path.rsplit('/').next().unwrap_or_default();
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            Ok(Found::Folder(format!("./{last}/{query}")))
        }
        (false, false) if place.is_file() => Ok(Found::File(place)),
        _ => Err(missing()),
    }
}

/// Decodes the percent escapes of one part of a path; returns `None` if one is malformed.
fn decoded(part: &str) -> Option<String> {
    // The library leaves malformed escapes unchanged.
    let is_sound = part
        .split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()));
    let text = || percent_decode_str(part).decode_utf8().ok();
    is_sound.then(text)?.map(|text| text.into_owned())
}

/// Returns whether a name denotes one entry of a folder on every system.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let is_one = parts.next() == Some(Component::Normal(name.as_ref())) && parts.next().is_none();
    is_one && !name.contains('\0')
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    fn send(server: &Server, request: &str) -> TcpStream {
        let mut socket = TcpStream::connect(server.server_addr().to_ip().unwrap()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        socket
    }

    /// Sends a request, and checks the response's status and a part of its head or body.
    fn check(server: &Server, request: &str, status: u16, holds: &str) {
        let mut answer = String::new();
        send(server, request).read_to_string(&mut answer).unwrap();
        let is_right = answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(holds);
        assert!(is_right, "{request}: {status} and {holds:?} expected, not {answer}");
    }

    /// A guard that ends the threads even if a check fails.
    struct End<'a>(&'a Server);

    impl Drop for End<'_> {
        fn drop(&mut self) {
            (0..THREADS).for_each(|_| self.0.unblock());
        }
    }

    #[test]
    fn serves_the_folder_and_nothing_outside_it() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("dist");
        fs::create_dir_all(dist.join("sub dir")).unwrap();
        fs::create_dir_all(dist.join("bare")).unwrap();
        for file in ["index.html", "sub dir/index.html", "ä b.tsv", "a.webp", "../secret"] {
            fs::write(dist.join(file), format!("this is {file}")).unwrap();
        }
        // The file is too large for a socket's buffer, so a client that does not read it occupies a
        // thread.
        File::create(dist.join("large.wasm")).unwrap().set_len(64 << 20).unwrap();
        let server = Server::http("127.0.0.1:0").unwrap();
        thread::scope(|scope| {
            scope.spawn(|| serve(&server, &dist));
            let _end = End(&server);
            for (request, status, holds) in [
                ("GET /", 200, "\r\n\r\nthis is index.html"),
                ("HEAD /", 200, "Content-Length: 18\r\n\r\n"),
                ("HEAD /large.wasm", 200, "Content-Length: 67108864\r\n\r\n"),
                ("GET //index%2Ehtml?v=1", 200, "this is index.html"),
                ("GET /sub%20dir/", 200, "this is sub dir/index.html"),
                ("GET /sub%20dir?v=1", 301, "\r\nLocation: ./sub%20dir/?v=1\r\n"),
                ("GET /%C3%A4%20b.tsv", 200, "text/tab-separated-values; charset=utf-8\r\n"),
                ("GET /%c3%a4%20b.tsv", 200, "this is ä b.tsv"),
                ("GET /a.webp", 200, "\r\nContent-Type: image/webp\r\n"),
                ("POST /", 405, "\r\nAllow: GET, HEAD\r\n"),
            ] {
                check(&server, request, status, holds);
            }
            let outside = ["../secret", "%2e%2e/secret", "%2E%2e%2fsecret", "%2fetc/passwd", "."];
            let nothing = ["bare/", "none", "a.webp/", "a.webp%00", "sub%20dir%2findex.html"];
            for path in outside.iter().chain(&nothing) {
                check(&server, &format!("GET /{path}"), 404, "\r\n\r\nnot found");
            }
            for path in ["/%", "/%4", "/%zz", "/%+1", "/%ff", "index.html"] {
                check(&server, &format!("GET {path}"), 400, "address");
            }
            let slow: Vec<_> = (1..THREADS).map(|_| send(&server, "GET /large.wasm")).collect();
            check(&server, "GET /", 200, "this is index.html");
            drop(slow);
        });
    }
}
