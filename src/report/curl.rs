//! Requests as curl commands.

use bytes::Bytes;
use http::{Method, Request};

/// A command that sends a request to a URL, which is a word of a shell already; so is what goes before the body.
#[must_use]
pub fn render_curl(request: &Request<Bytes>, url: &str, more: Option<String>) -> String {
    let method =
        if request.method() == Method::HEAD { "--head".to_owned() } else { format!("-X {}", request.method()) };
    let mut words = vec![format!("curl -i -g {method} {url}")];
    for (name, value) in request.headers() {
        // Without a value, curl takes a header out.
        let text = match value.as_bytes() {
            [] => format!("{name};"),
            value => format!("{name}: {}", String::from_utf8_lossy(value)),
        };
        words.push(format!("-H {}", shell_word(&text)));
    }
    words.extend(more);
    if !request.body().is_empty() {
        words.push(match std::str::from_utf8(request.body()) {
            Ok(body) => format!("--data-raw {}", shell_word(body)),
            // The shells that have it: bash, zsh, ksh.
            Err(_) => format!("--data-raw $'{}'", request.body().escape_ascii()),
        });
    }
    words.join(" ")
}

/// A word of a shell's command line that stands for a text.
#[must_use]
pub fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_what_was_meant() {
        let text = "it's \"$HOME\" `id` \\ \n é";
        let output = std::process::Command::new("sh").args(["-c", &format!("printf %s {}", shell_word(text))]).output();
        assert_eq!(output.expect("there is a shell").stdout, text.as_bytes());
    }

    #[test]
    fn a_command_has_all_of_the_request() {
        let request = Request::put("/a?b=c").header("x-y", "z").body(Bytes::from_static(b"{}")).expect("a request");
        let command = render_curl(&request, "'http://h/a?b=c'", Some("-u me".into()));
        assert_eq!(command, "curl -i -g -X PUT 'http://h/a?b=c' -H 'x-y: z' -u me --data-raw '{}'");
    }
}
