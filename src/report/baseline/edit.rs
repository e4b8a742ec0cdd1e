//! A baseline's text with other entries: all else stays as a person has written it.

use jiff::civil::Date;
use toml_edit::{ArrayOfTables, Datetime, DocumentMut, Item, RawString, Table, Value};

use super::{Entry, Key};

/// The key of the entries.
const ENTRIES: &str = "accepted";
/// What a new file begins with.
const HEAD: &str = "# Findings that are known and accepted, each with a reason and the last day of its acceptance.\n";

/// A text that was read as a baseline before.
pub(super) struct BaselineText {
    document: DocumentMut,
    entries: ArrayOfTables,
}

impl BaselineText {
    pub(super) fn new(text: &str) -> Self {
        let mut document: DocumentMut = text.parse().unwrap_or_default();
        if text.trim().is_empty() {
            document.set_trailing(HEAD);
        }
        let entries = document.remove(ENTRIES).and_then(|entries| entries.into_array_of_tables().ok());
        Self { document, entries: entries.unwrap_or_default() }
    }

    pub(super) fn render(mut self) -> String {
        if !self.entries.is_empty() {
            self.document.insert(ENTRIES, Item::ArrayOfTables(self.entries));
        }
        self.document.to_string()
    }

    /// Removes an entry with the comment right above it. Comments further up are about more than this entry.
    pub(super) fn remove(&mut self, key: Key<'_>) {
        let Some(index) = self.entries.iter().position(|table| key_of(table) == Some(key)) else { return };
        let removed = self.entries.remove(index);
        let above = prefix(&removed);
        let Some((kept, _)) = above.rsplit_once("\n\n").filter(|(kept, _)| !kept.trim().is_empty()) else { return };
        match self.entries.get_mut(index) {
            Some(next) => {
                let below = prefix(next);
                next.decor_mut().set_prefix(format!("{kept}\n{below}"));
            }
            None => {
                let below = text_of(self.document.trailing());
                self.document.set_trailing(format!("{kept}\n{below}"));
            }
        }
    }

    /// Gives an entry another last day.
    pub(super) fn prolong(&mut self, key: Key<'_>, expires: Date) {
        let mut tables = self.entries.iter_mut();
        let Some(table) = tables.find(|table| key_of(table) == Some(key)) else { return };
        if let Some(Item::Value(old)) = table.get_mut("expires") {
            let mut new = day(expires);
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
    }

    /// Adds an entry behind the others.
    pub(super) fn add(&mut self, entry: &Entry) {
        let mut table = Table::new();
        let texts = [
            ("operation", Some(&entry.operation)),
            ("check", Some(&entry.check)),
            ("constraint", entry.constraint.as_ref()),
            ("reason", Some(&entry.reason)),
            ("ticket", entry.ticket.as_ref()),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                table.insert(key, Item::Value(text.into()));
            }
        }
        table.insert("expires", Item::Value(day(entry.expires)));
        if self.entries.is_empty() {
            // What a file without entries says goes before the first one.
            let head = text_of(self.document.trailing());
            let head = head.trim_end();
            table.decor_mut().set_prefix(if head.is_empty() { String::new() } else { format!("{head}\n\n") });
            self.document.set_trailing("");
        }
        self.entries.push(table);
    }
}

fn key_of(table: &Table) -> Option<Key<'_>> {
    let text = |key: &str| table.get(key).and_then(Item::as_str);
    Some((text("operation")?, text("check")?, text("constraint")))
}

fn day(date: Date) -> Value {
    let date = toml_edit::Date {
        year: date.year().unsigned_abs(),
        month: date.month().unsigned_abs(),
        day: date.day().unsigned_abs(),
    };
    Datetime { date: Some(date), time: None, offset: None }.into()
}

/// What stands above an entry.
fn prefix(table: &Table) -> String {
    table.decor().prefix().map(text_of).unwrap_or_default()
}

fn text_of(raw: &RawString) -> String {
    raw.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# About the file.\n\n# About a.\n[[accepted]]\noperation = 'a' # literal\ncheck = \"x\"\n\
        reason = \"r\"\nexpires = 2020-01-01 # soon\n\n# About b.\n[[accepted]]\ncheck = \"y\"\noperation = \"b\"\n\
        constraint = \"c\"\nreason = \"r\"\nexpires = 2030-01-01\n\n# The end.\n";

    fn edited(edit: impl FnOnce(&mut BaselineText)) -> String {
        let mut text = BaselineText::new(TEXT);
        edit(&mut text);
        text.render()
    }

    fn entry(operation: &str) -> Entry {
        Entry::fresh((operation, "z", None), Date::constant(2026, 11, 24))
    }

    #[test]
    fn what_is_not_touched_stays_as_it_is_written() {
        assert_eq!(edited(|_| {}), TEXT);
        let expires = Date::constant(2026, 2, 1);
        assert_eq!(edited(|text| text.prolong(("a", "x", None), expires)), TEXT.replace("2020-01-01", "2026-02-01"));
    }

    #[test]
    fn an_entry_goes_with_its_own_comment() {
        let without_a = edited(|text| text.remove(("a", "x", None)));
        let after_a = &TEXT[TEXT.find("\n# About b.").expect("b")..];
        assert_eq!(without_a, format!("# About the file.\n{after_a}"));
        let without_b = edited(|text| text.remove(("b", "y", Some("c"))));
        assert_eq!(without_b, TEXT[..TEXT.find("\n# About b.").expect("b")].to_owned() + "\n# The end.\n");
        let without_both = edited(|text| {
            text.remove(("b", "y", Some("c")));
            text.remove(("a", "x", None));
        });
        assert_eq!(without_both, "# About the file.\n\n# The end.\n");
    }

    #[test]
    fn a_new_entry_is_the_last_one() {
        let with_c = edited(|text| text.add(&entry("c")));
        let (before, after) = TEXT.split_once("\n# The end.\n").expect("the end");
        assert!(with_c.starts_with(before) && with_c.ends_with(&format!("\n# The end.\n{after}")), "{with_c}");
        assert!(with_c.contains("\n\n[[accepted]]\noperation = \"c\"\ncheck = \"z\"\nreason = "), "{with_c}");
        let mut new = BaselineText::new("");
        new.add(&entry("c"));
        assert!(new.render().starts_with(&format!("{HEAD}\n[[accepted]]\noperation = \"c\"\n")));
        assert_eq!(BaselineText::new("").render(), HEAD);
    }
}
