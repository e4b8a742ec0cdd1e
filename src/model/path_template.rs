//! Path templates: `/v3/{project_id}/files/{name}.json`, `/bucket/{Key+}/tags`.
//!
//! A label stands for a text without a slash, which may be empty; a greedy one (`{Key+}`) for one or more segments.

/// Most segments of a template.
const MAX_SEGMENTS: usize = 100;

/// A part of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text as it stands.
    Text(&'t str),
    /// A label.
    Label(&'t str),
    /// A label that takes slashes too; it is the whole segment.
    Greedy(&'t str),
}

/// The segments of a template that starts with a slash, as texts.
#[must_use]
pub fn segments(template: &str) -> std::str::Split<'_, char> {
    template.strip_prefix('/').unwrap_or(template).split('/')
}

/// The parts of a segment.
pub fn parts(segment: &str) -> impl Iterator<Item = Part<'_>> + Clone {
    let whole = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix("+}"));
    let greedy = whole.filter(|name| !name.contains(['{', '}']));
    let mut rest = if greedy.is_some() { "" } else { segment };
    let others = std::iter::from_fn(move || {
        let (part, after) = first_part(rest)?;
        rest = after;
        Some(part)
    });
    greedy.map(Part::Greedy).into_iter().chain(others)
}

fn first_part(text: &str) -> Option<(Part<'_>, &str)> {
    if text.is_empty() {
        return None;
    }
    let label = |start: usize| text[start + 1..].find('}').map(|length| start + 1 + length);
    match text.find('{').and_then(|start| Some((start, label(start)?))) {
        Some((0, end)) => Some((Part::Label(&text[1..end]), &text[end + 1..])),
        Some((start, _)) => Some((Part::Text(&text[..start]), &text[start..])),
        None => Some((Part::Text(text), "")),
    }
}

/// The names of a template's labels in their order, greedy ones without their `+`.
pub fn labels(template: &str) -> impl Iterator<Item = &str> {
    segments(template).flat_map(parts).filter_map(|part| match part {
        Part::Text(_) => None,
        Part::Label(name) | Part::Greedy(name) => Some(name),
    })
}

/// Why no path can be told to be a template's.
#[must_use]
pub fn fault(template: &str) -> Option<&'static str> {
    let are_adjacent = |segment: &str| {
        let parts: Vec<Part<'_>> = parts(segment).collect();
        parts.windows(2).any(|pair| pair.iter().all(|part| !matches!(part, Part::Text(_))))
    };
    let is_greedy = |part: &Part<'_>| matches!(part, Part::Greedy(_));
    if segments(template).count() > MAX_SEGMENTS {
        Some("a path of more than 100 segments is not routed")
    } else if segments(template).any(are_adjacent) {
        Some("nothing tells where one label ends and the next one begins")
    } else if segments(template).flat_map(parts).filter(is_greedy).count() > 1 {
        Some("a path has one greedy label at most")
    } else {
        None
    }
}

/// What the labels of a template stand for in a path, as it is written there; nothing where the path is another.
#[must_use]
pub fn capture<'r>(template: &str, path: &'r str) -> Option<Vec<&'r str>> {
    let templates: Vec<&str> = segments(template).collect();
    let mut rest = Some(path.strip_prefix('/')?);
    let mut held = Vec::new();
    for (index, segment) in templates.iter().enumerate() {
        let text = rest?;
        if parts(segment).any(|part| matches!(part, Part::Greedy(_))) {
            let (taken, after) = split_before_last(text, templates.len() - index - 1)?;
            held.push(taken);
            rest = after;
        } else {
            let (here, after) = split_first(text);
            capture_segment(parts(segment), here, &mut held).then_some(())?;
            rest = after;
        }
    }
    rest.is_none().then_some(held)
}

/// The first segment, and what follows its slash.
#[must_use]
pub fn split_first(path: &str) -> (&str, Option<&str>) {
    // Every path is split, so without a search that is prepared first.
    match memchr::memchr(b'/', path.as_bytes()) {
        Some(slash) => (&path[..slash], Some(&path[slash + 1..])),
        None => (path, None),
    }
}

/// All but the last segments, of which there are so many, and these.
fn split_before_last(path: &str, count: usize) -> Option<(&str, Option<&str>)> {
    if count == 0 {
        return Some((path, None));
    }
    let (slash, _) = path.rmatch_indices('/').nth(count - 1)?;
    Some((&path[..slash], Some(&path[slash + 1..])))
}

/// Adds what the labels of a segment stand for in a text; false where the text is none of such a segment. Of several
/// labels all but the last one end where the text after them begins for the first time.
pub fn capture_segment<'t, 'r>(parts: impl Iterator<Item = Part<'t>>, text: &'r str, held: &mut Vec<&'r str>) -> bool {
    let mut parts = parts.peekable();
    let mut rest = text;
    let before = held.len();
    while let Some(part) = parts.next() {
        let taken = match (part, parts.peek().copied()) {
            (Part::Text(expected), _) => rest.strip_prefix(expected),
            (Part::Label(_) | Part::Greedy(_), Some(Part::Text(next))) => {
                parts.next();
                let end = if parts.peek().is_none() { end_of_suffix(rest, next) } else { rest.find(next) };
                end.map(|end| {
                    held.push(&rest[..end]);
                    &rest[end + next.len()..]
                })
            }
            (Part::Label(_) | Part::Greedy(_), _) => {
                held.push(rest);
                Some("")
            }
        };
        match taken {
            Some(after) => rest = after,
            None => {
                held.truncate(before);
                return false;
            }
        }
    }
    rest.is_empty() || {
        held.truncate(before);
        false
    }
}

fn end_of_suffix(text: &str, suffix: &str) -> Option<usize> {
    text.strip_suffix(suffix).map(str::len)
}

/// The template with a text for each label.
pub fn fill(template: &str, mut text_of: impl FnMut(&str) -> String, escape: impl Fn(&str) -> String) -> String {
    let mut path = String::with_capacity(template.len() + 32);
    for segment in segments(template) {
        path.push('/');
        let mut parts = parts(segment).peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Text(text) => path.push_str(text),
                Part::Greedy(name) => {
                    let escaped: Vec<String> = text_of(name).split('/').map(&escape).collect();
                    path.push_str(&escaped.join("/"));
                }
                Part::Label(name) => {
                    let escaped = escape(&text_of(name));
                    let ends_early = parts.clone().nth(1).is_some();
                    match parts.peek() {
                        Some(Part::Text(next)) if ends_early => path.push_str(&without(&escaped, next)),
                        _ => path.push_str(&escaped),
                    }
                }
            }
        }
    }
    path
}

/// The escaped text without the one that ends it, so that it is read to its own end.
fn without(escaped: &str, end: &str) -> String {
    let Some(first) = end.bytes().next().filter(u8::is_ascii) else { return escaped.to_owned() };
    escaped.replace(end, &format!("%{first:02X}{}", &end[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_alone_within_a_segment_or_for_several() {
        for (template, path, held) in [
            ("/v3/{a}/x/{b}", "/v3/1/x/2", Some(vec!["1", "2"])),
            ("/v3/{a}/x/{b}", "/v3//x/", Some(vec!["", ""])),
            ("/v3/{a}", "/v3", None),
            ("/v3/{a}", "/v3/1/2", None),
            ("/b/{Key+}", "/b/1/2/", Some(vec!["1/2/"])),
            ("/b/{Key+}", "/b", None),
            ("/b/{Key+}/tags/{id}", "/b/1/tags/2/tags/3", Some(vec!["1/tags/2", "3"])),
            ("/b/{Key+}/tags", "/b/tags", None),
            ("/files/{f}.json", "/files/a.json.json", Some(vec!["a.json"])),
            ("/files/{f}.json", "/files/a.xml", None),
            ("/pets/{id}:run", "/pets/7:run", Some(vec!["7"])),
            ("/x/{a}-{b}.{c}", "/x/1-2-3.4.5", Some(vec!["1", "2-3", "4.5"])),
            ("/x/v{a}", "/x/v", Some(vec![""])),
            ("/x/v{a}", "/x/w", None),
            ("/", "/", Some(vec![])),
            ("/", "/a", None),
        ] {
            assert_eq!(capture(template, path), held, "{template} {path}");
        }
        assert_eq!(labels("/v3/{a}/x-{b}.{c}/{Key+}").collect::<Vec<_>>(), ["a", "b", "c", "Key"]);
        assert_eq!(parts("{open").collect::<Vec<_>>(), [Part::Text("{open")]);
        let faulty = ["/{a}{b}", "/{a+}/x/{b+}", &"/a".repeat(101)];
        assert!(faulty.iter().all(|template| fault(template).is_some()) && fault("/{a+}/{b}.{c}").is_none());
    }

    #[test]
    fn what_is_filled_in_is_captured_again() {
        for (template, texts) in
            [("/x/{a}-{b}.{c}", ["1-2", "3.4", "5.6-7"]), ("/{a}/{b}.json/{c+}", ["", ".json", "x/y"])]
        {
            let mut left = texts.iter();
            let path = fill(template, |_| (*left.next().expect("one for each label")).to_owned(), str::to_owned);
            let held = capture(template, &path).expect("the template's own path");
            let decoded: Vec<String> = held.iter().map(|text| text.replace("%2D", "-").replace("%2E", ".")).collect();
            assert_eq!(decoded, texts, "{path}");
        }
    }
}
