//! Probes: requests about the protocol rather than about a member, which every server of it must survive.
//!
//! A [`Probe`] changes how a valid input is sent, or sends what cannot be carried out. It judges nothing itself: each
//! [`Shot`] has a claim with its source, and the judge holds the answer against that. Adding a probe is adding a file and a
//! line in [`PROBES`].

mod accept;
mod accept_encoding;
mod action_missing;
mod action_other_case;
mod action_repeated;
mod action_unknown;
mod base;
mod body;
mod body_cut;
mod body_deep;
mod body_empty;
mod body_large;
mod body_malformed;
mod body_not_an_object;
mod body_not_utf_8;
mod broken_escape;
mod chunked_body;
mod content_type_charset;
mod content_type_missing;
mod content_type_other;
mod content_type_other_case;
mod credentials_empty;
mod credentials_expired;
mod credentials_garbage;
mod credentials_other_scheme;
mod credentials_other_service;
mod escaped_letters;
mod escapes_in_lower_case;
mod expect_continue;
mod extra_headers;
mod header_names_in_capitals;
mod headers;
mod hostile_value;
mod idempotent_third_time;
mod idempotent_without_optional;
mod long_value;
mod member_order;
mod member_repeated;
mod member_unknown;
mod method_other;
mod parameters_in_both;
mod parameters_in_query;
mod path_empty_segment;
mod path_slash_at_end;
mod path_unknown;
mod plus_for_blank;
mod presigned;
mod repeated_request;
mod safe_methods;
mod second_way;
mod shot;
mod two_broken_members;
mod version_missing;
mod version_repeated;
mod version_unknown;
mod white_space;

pub use base::Base;
pub use shot::{Due, Manner, Rounds, Shot, Signing, Source};

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::model::{Dialect, Operation};

/// A way to ask something of a protocol.
pub trait Probe: Sync {
    /// The name: the code that reports and `explain` use.
    fn name(&self) -> &'static str;

    /// The page that `explain` prints, in Markdown, with the parts that a check's page has.
    fn page(&self) -> &'static str;

    /// The forms that it has.
    fn forms(&self) -> &'static [&'static str];

    /// What it sends in one of its forms; nothing where the protocol, or the base, has no such request.
    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot>;

    /// Whether a request is one of its own: a server that has the fault which it looks for goes wrong for these.
    fn shows(&self, seen: &Seen<'_>) -> bool;
}

/// A request as a server gets it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'s> {
    /// The operation that the server is asked for.
    pub operation: &'s Operation,
    /// The request.
    pub request: &'s Request<Bytes>,
    /// How it travelled.
    pub manner: Manner,
    /// How many constraints its input breaks.
    pub broken: usize,
}

/// All probes, sorted by name.
pub static PROBES: &[&dyn Probe] = &[
    &accept::Accept,
    &accept_encoding::AcceptEncoding,
    &action_missing::ActionMissing,
    &action_other_case::ActionOtherCase,
    &action_repeated::ActionRepeated,
    &action_unknown::ActionUnknown,
    &body_cut::BodyCut,
    &body_deep::BodyDeep,
    &body_empty::BodyEmpty,
    &body_large::BodyLarge,
    &body_malformed::BodyMalformed,
    &body_not_an_object::BodyNotAnObject,
    &body_not_utf_8::BodyNotUtf8,
    &broken_escape::BrokenEscape,
    &chunked_body::ChunkedBody,
    &content_type_charset::ContentTypeCharset,
    &content_type_missing::ContentTypeMissing,
    &content_type_other::ContentTypeOther,
    &content_type_other_case::ContentTypeOtherCase,
    &credentials_empty::CredentialsEmpty,
    &credentials_expired::CredentialsExpired,
    &credentials_garbage::CredentialsGarbage,
    &credentials_other_scheme::CredentialsOtherScheme,
    &credentials_other_service::CredentialsOtherService,
    &escaped_letters::EscapedLetters,
    &escapes_in_lower_case::EscapesInLowerCase,
    &expect_continue::ExpectContinue,
    &extra_headers::ExtraHeaders,
    &header_names_in_capitals::HeaderNamesInCapitals,
    &hostile_value::HostileValue,
    &idempotent_third_time::IdempotentThirdTime,
    &idempotent_without_optional::IdempotentWithoutOptional,
    &long_value::LongValue,
    &member_order::MemberOrder,
    &member_repeated::MemberRepeated,
    &member_unknown::MemberUnknown,
    &method_other::MethodOther,
    &parameters_in_both::ParametersInBoth,
    &parameters_in_query::ParametersInQuery,
    &path_empty_segment::PathEmptySegment,
    &path_slash_at_end::PathSlashAtEnd,
    &path_unknown::PathUnknown,
    &plus_for_blank::PlusForBlank,
    &presigned::Presigned,
    &repeated_request::RepeatedRequest,
    &safe_methods::SafeMethods,
    &second_way::SecondWay,
    &two_broken_members::TwoBrokenMembers,
    &version_missing::VersionMissing,
    &version_repeated::VersionRepeated,
    &version_unknown::VersionUnknown,
    &white_space::WhiteSpace,
];

/// The probe of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Probe> {
    PROBES.iter().copied().find(|probe| probe.name() == name)
}

/// A probe in one of its forms, by their places in their lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chosen {
    /// Its place in [`PROBES`].
    pub probe: usize,
    /// The form's place among its forms.
    pub form: usize,
}

impl Chosen {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        PROBES.get(self.probe).map_or("", |probe| probe.name())
    }

    /// The form's name.
    #[must_use]
    pub fn form(self) -> &'static str {
        PROBES.get(self.probe).and_then(|probe| probe.forms().get(self.form)).copied().unwrap_or_default()
    }

    /// What it sends on a base.
    #[must_use]
    pub fn shot(self, base: &Base<'_>) -> Option<Shot> {
        PROBES.get(self.probe)?.shot(self.form(), base)
    }
}

/// The probes that an operation has in a dialect, found on one of its inputs.
#[must_use]
pub fn all_of(operation: &Arc<Operation>, dialect: Dialect, input: &Value) -> Vec<Chosen> {
    let base = Base::new(operation, dialect, input);
    let places = PROBES.iter().enumerate();
    let chosen = places.flat_map(|(probe, known)| (0..known.forms().len()).map(move |form| Chosen { probe, form }));
    chosen.filter(|chosen| chosen.shot(&base).is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of the directory that are no probes.
    const OTHERS: [&str; 5] = ["mod", "base", "body", "headers", "shot"];

    #[test]
    fn the_list_is_sorted_and_equals_the_directory() {
        let names: Vec<String> = PROBES.iter().map(|probe| probe.name().replace('-', "_")).collect();
        assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
        let files = std::fs::read_dir(format!("{}/src/probe", env!("CARGO_MANIFEST_DIR"))).expect("the directory");
        let files = files.map(|entry| {
            let path = entry.expect("an entry").path();
            path.file_stem().expect("a name").to_string_lossy().into_owned()
        });
        let mut files: Vec<String> = files.filter(|name| !OTHERS.contains(&name.as_str())).collect();
        files.sort();
        assert_eq!(names, files);
    }

    #[test]
    fn each_page_has_its_parts() {
        for probe in PROBES {
            let (name, page) = (probe.name(), probe.page());
            assert!(page.starts_with(&format!("# {name}\n\n")), "{name}: the page starts with another title");
            for part in ["What it does", "Why it matters", "Example", "Remedy", "When it is a note"] {
                let (_, rest) =
                    page.split_once(&format!("## {part}\n\n")).unwrap_or_else(|| panic!("{name}: no {part}"));
                assert!(!rest.trim_start().starts_with('#') && !rest.trim().is_empty(), "{name}: {part} is empty");
            }
            assert!(!probe.forms().is_empty(), "{name} has no form");
        }
    }

    /// A probe whose request is the plain one would say nothing; one that no operation has would never be sent.
    #[test]
    fn each_form_is_sent_and_is_no_plain_request() {
        let contract = crate::Contract::builtin();
        let mut unsent: Vec<(&str, &str)> =
            PROBES.iter().flat_map(|probe| probe.forms().iter().map(|form| (probe.name(), *form))).collect();
        for operation in contract.operations() {
            for dialect in [Dialect::Native, Dialect::Documented] {
                for example in &operation.examples {
                    let base = Base::new(operation, dialect, &example.input);
                    for chosen in all_of(operation, dialect, &example.input) {
                        let shot = chosen.shot(&base).expect("it is among them");
                        unsent.retain(|known| *known != (chosen.name(), chosen.form()));
                        let said = |request: &Request<Bytes>| {
                            let (method, target) = (request.method().clone(), request.uri().clone());
                            (method, target, request.headers().clone(), request.body().clone())
                        };
                        let plain = said(&shot.request) == said(&base.request)
                            && (shot.manner, &shot.signing, &shot.rounds)
                                == (Manner::Plain, &Signing::Usual, &Rounds::Once);
                        assert!(!plain, "{}/{} of {}", chosen.name(), chosen.form(), operation.name);
                    }
                }
            }
        }
        assert_eq!(unsent, []);
    }
}
