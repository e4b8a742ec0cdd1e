//! Calls of CEL's functions.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value;

use super::program::{Function, Part};
use super::run::{Fact, Found, Run, Stopped};
use super::text;

impl<'v> Run<'_, 'v> {
    pub fn call(&mut self, function: Function, arguments: &'v [Part]) -> Found<'v> {
        match function {
            Function::Size => {
                let of = self.part(&arguments[0])?;
                return self.size(&of);
            }
            Function::Int => return self.int(&arguments[0]),
            Function::String => return self.string(&arguments[0]),
            _ => {}
        }
        let text = self.text(&arguments[0])?;
        self.step(text.len())?;
        let found = match function {
            Function::LowerAscii => text::lower(text),
            Function::UpperAscii => text::upper(text),
            Function::Trim => text::trim(text),
            Function::Substring => {
                let start = self.number(&arguments[1])?;
                let end = arguments.get(2).map(|end| self.number(end)).transpose()?;
                text::substring(text, start, end).ok_or(Stopped::Beyond)?
            }
            Function::CharAt => {
                let index = self.number(&arguments[1])?;
                text::char_at(text, index).ok_or(Stopped::Beyond)?
            }
            two => return self.call_with_two(two, text, &arguments[1]),
        };
        Ok(Fact::Text(found))
    }

    fn int(&mut self, of: &'v Part) -> Found<'v> {
        match self.part(of)? {
            Fact::Int(number) => Ok(Fact::Int(number)),
            Fact::Text(text) => text.parse().map(Fact::Int).map_err(|_| Stopped::Beyond),
            _ => Err(Stopped::Beyond),
        }
    }

    fn string(&mut self, of: &'v Part) -> Found<'v> {
        match self.part(of)? {
            Fact::Bool(value) => Ok(Fact::Text(Cow::Borrowed(if value { "true" } else { "false" }))),
            Fact::Int(number) => Ok(Fact::Text(Cow::Owned(number.to_string()))),
            Fact::Text(text) => Ok(Fact::Text(text)),
            _ => Err(Stopped::Beyond),
        }
    }

    /// What a text is asked about another one.
    pub fn predicate(&mut self, function: Function, arguments: &'v [Part]) -> Result<bool, Stopped> {
        let text = self.text(&arguments[0])?;
        self.step(text.len())?;
        let other = self.text(&arguments[1])?;
        self.step(other.len())?;
        Ok(match function {
            Function::StartsWith => text.starts_with(other.as_ref()),
            Function::EndsWith => text.ends_with(other.as_ref()),
            _ => text.contains(other.as_ref()),
        })
    }

    /// A function of two texts.
    fn call_with_two(&mut self, function: Function, text: Cow<'v, str>, second: &'v Part) -> Found<'v> {
        let second = self.text(second)?;
        self.step(second.len())?;
        Ok(match function {
            Function::IndexOf => {
                Fact::Int(text::index_of(&text, memchr::memmem::find(text.as_bytes(), second.as_bytes())))
            }
            Function::LastIndexOf => Fact::Int(text::index_of(&text, text.rfind(second.as_ref()))),
            Function::Split => {
                let parts = text::split(text, &second).into_iter().map(Fact::Text).collect();
                Fact::Made(Rc::new(parts))
            }
            _ => return Err(Stopped::Beyond),
        })
    }

    fn size(&mut self, of: &Fact<'v>) -> Found<'v> {
        let size = match of {
            Fact::Text(text) => {
                self.step(text.len())?;
                text.chars().count()
            }
            Fact::Given(Value::Array(items)) => items.len(),
            Fact::Given(Value::Object(members)) => members.len(),
            Fact::Made(items) => items.len(),
            _ => return Err(Stopped::Beyond),
        };
        i64::try_from(size).map(Fact::Int).map_err(|_| Stopped::Beyond)
    }
}
