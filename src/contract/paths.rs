//! What lives at which path: a tree of path templates by their segments.

use rustc_hash::FxHashMap;

use crate::model::path_template::{self, Part, split_first};

/// Values by path template. Templates that differ in the names of their labels only are one.
#[derive(Debug, Default)]
pub struct Paths<T> {
    root: Branch<T>,
}

#[derive(Debug)]
struct Branch<T> {
    /// What follows a segment without labels.
    texts: FxHashMap<Box<str>, Branch<T>>,
    /// What follows a segment of text and labels, the one with most text first.
    mixed: Vec<(Box<str>, Branch<T>)>,
    /// What follows a segment that is a label.
    label: Option<Box<Branch<T>>>,
    /// What follows a greedy label.
    greedy: Option<Box<Branch<T>>>,
    value: Option<T>,
}

impl<T> Default for Branch<T> {
    fn default() -> Self {
        Self { texts: FxHashMap::default(), mixed: Vec::new(), label: None, greedy: None, value: None }
    }
}

/// A value whose template a path fits.
#[derive(Debug)]
pub struct Match<'p, 'r, T> {
    /// The value.
    pub value: &'p T,
    /// What the labels stand for, as it is written in the path.
    pub labels: Vec<&'r str>,
}

impl<T: Default> Paths<T> {
    /// The value of a template, which is made when there is none yet.
    pub fn at(&mut self, template: &str) -> &mut T {
        let branch = path_template::segments(template).fold(&mut self.root, |branch, segment| branch.below(segment));
        branch.value.get_or_insert_default()
    }
}

impl<T> Branch<T> {
    fn below(&mut self, segment: &str) -> &mut Self {
        let mut parts = path_template::parts(segment);
        match (parts.next(), parts.next()) {
            (Some(Part::Greedy(_)), _) => self.greedy.get_or_insert_default(),
            (Some(Part::Label(_)), None) => self.label.get_or_insert_default(),
            (Some(Part::Text(_)) | None, None) => self.texts.entry(segment.into()).or_default(),
            _ => self.mixed(&nameless(segment)),
        }
    }

    fn mixed(&mut self, segment: &str) -> &mut Self {
        let found = self.mixed.iter().position(|(known, _)| **known == *segment);
        let index = found.unwrap_or_else(|| {
            let index = self.mixed.partition_point(|(known, _)| known.len() >= segment.len());
            self.mixed.insert(index, (segment.into(), Self::default()));
            index
        });
        &mut self.mixed[index].1
    }
}

/// A segment without the names of its labels.
fn nameless(segment: &str) -> String {
    let parts = path_template::parts(segment).map(|part| match part {
        Part::Text(text) => text,
        Part::Label(_) | Part::Greedy(_) => "{}",
    });
    parts.collect()
}

impl<T> Paths<T> {
    /// What a path fits, the most specific template first: text before text with labels, that before a label, and a
    /// greedy label last, segment by segment.
    #[must_use]
    pub fn matches<'p, 'r>(&'p self, path: &'r str) -> Vec<Match<'p, 'r, T>> {
        let mut found = Vec::new();
        if let Some(rest) = path.strip_prefix('/') {
            self.root.collect(Some(rest), &mut Vec::new(), &mut found);
        }
        found
    }
}

impl<T> Branch<T> {
    fn collect<'p, 'r>(&'p self, rest: Option<&'r str>, held: &mut Vec<&'r str>, found: &mut Vec<Match<'p, 'r, T>>) {
        let Some(rest) = rest else {
            found.extend(self.value.as_ref().map(|value| Match { value, labels: held.clone() }));
            return;
        };
        let (segment, after) = split_first(rest);
        if let Some(branch) = self.texts.get(segment) {
            branch.collect(after, held, found);
        }
        let before = held.len();
        for (mixed, branch) in &self.mixed {
            if path_template::capture_segment(path_template::parts(mixed), segment, held) {
                branch.collect(after, held, found);
                held.truncate(before);
            }
        }
        if let Some(branch) = &self.label {
            held.push(segment);
            branch.collect(after, held, found);
            held.truncate(before);
        }
        if let Some(branch) = &self.greedy {
            branch.collect_greedy(rest, held, found);
        }
    }

    /// What follows a greedy label, which takes as much as it can, and all where nothing else fits.
    fn collect_greedy<'p, 'r>(&'p self, rest: &'r str, held: &mut Vec<&'r str>, found: &mut Vec<Match<'p, 'r, T>>) {
        let most = if self.has_more() { usize::MAX } else { 0 };
        let slashes = rest.rmatch_indices('/').map(|(slash, _)| slash).take(most);
        for end in slashes.chain(std::iter::once(rest.len())) {
            held.push(&rest[..end]);
            self.collect(rest.get(end + 1..), held, found);
            held.pop();
        }
    }

    fn has_more(&self) -> bool {
        !self.texts.is_empty() || !self.mixed.is_empty() || self.label.is_some() || self.greedy.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(templates: &[&str]) -> Paths<String> {
        let mut paths = Paths::default();
        for template in templates {
            *paths.at(template) = (*template).to_owned();
        }
        paths
    }

    fn found<'p, 'r>(paths: &'p Paths<String>, path: &'r str) -> Vec<(&'p str, Vec<&'r str>)> {
        paths.matches(path).into_iter().map(|found| (found.value.as_str(), found.labels)).collect()
    }

    #[test]
    fn the_most_specific_template_comes_first() {
        let paths = paths(&["/{x}/{y+}", "/{x}/{y}", "/a/{y}", "/a/{y}.json", "/a/b", "/a/{y}.x.json", "/"]);
        let names = |path| found(&paths, path).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("/a/b"), ["/a/b", "/a/{y}", "/{x}/{y}", "/{x}/{y+}"]);
        assert_eq!(names("/a/1.x.json")[..3], ["/a/{y}.x.json", "/a/{y}.json", "/a/{y}"]);
        assert_eq!(names("/c/d/e"), ["/{x}/{y+}"]);
        assert_eq!((names("/"), names("/c"), names("*")), (vec!["/"], vec![], vec![]));
    }

    #[test]
    fn a_greedy_label_leaves_what_follows_it() {
        let paths = paths(&["/b/{Key+}", "/b/{Key+}/tags", "/b/{Key+}/tags/{id}"]);
        assert_eq!(
            found(&paths, "/b/1/tags/2/tags"),
            [("/b/{Key+}/tags", vec!["1/tags/2"]), ("/b/{Key+}", vec!["1/tags/2/tags"])]
        );
    }

    #[test]
    fn an_empty_label_is_one() {
        let paths = paths(&["/v1/{Name}", "/v1/{Name}/x"]);
        assert_eq!(found(&paths, "/v1/"), [("/v1/{Name}", vec![""])]);
        assert_eq!(found(&paths, "/v1//x"), [("/v1/{Name}/x", vec![""])]);
        assert!(found(&paths, "/v1").is_empty());
    }
}
