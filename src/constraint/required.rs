//! `required` and `dependentRequired`: members that must be present.

use serde_json::Value;

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit};
use crate::model::{Cause, SchemaSpec};
use crate::value::pointer;

/// The kind.
pub struct Required;

impl Kind for Required {
    fn cause(&self) -> Cause {
        Cause::Required
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let plain = schema.required.iter().enumerate().map(|(index, name)| Stated {
            keyword: "required".into(),
            member: Some(name.clone()),
            at: format!("/required/{index}"),
            test: Box::new(Present { name: name.clone(), when: None }),
        });
        let dependent = schema.dependent_required.iter().flat_map(|(trigger, names)| {
            names.iter().map(move |name| Stated {
                keyword: format!("dependentRequired-{trigger}"),
                member: Some(name.clone()),
                at: "/dependentRequired".into(),
                test: Box::new(Present { name: name.clone(), when: Some(trigger.clone()) }),
            })
        });
        plain.chain(dependent).map(Ok).collect()
    }
}

#[derive(Debug)]
struct Present {
    name: String,
    when: Option<String>,
}

impl Test for Present {
    fn holds(&self, value: &Value) -> bool {
        let Value::Object(members) = value else { return true };
        let has = |name: &str| pointer::member(members, name).is_some();
        self.when.as_ref().is_some_and(|trigger| !has(trigger)) || has(&self.name)
    }

    fn state(&self) -> String {
        match &self.when {
            None => "must be present".into(),
            Some(trigger) => format!("must be present when {trigger} is"),
        }
    }

    fn edges(&self) -> Edges {
        let name = || self.name.clone();
        let outside = match &self.when {
            None => vec![BoundaryValue::Absent(name()), BoundaryValue::Null(name())],
            Some(trigger) => vec![BoundaryValue::Without(trigger.clone(), name())],
        };
        let trigger = self.when.clone().map(BoundaryValue::Present);
        Edges { inside: trigger.into_iter().chain([BoundaryValue::Present(name())]).collect(), outside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn judges_presence_only_of_objects() {
        let present = Present { name: "a".into(), when: None };
        assert!(present.holds(&json!({"a": null})) && present.holds(&json!(1)) && !present.holds(&json!({})));
        let dependent = Present { name: "a".into(), when: Some("b".into()) };
        assert!(dependent.holds(&json!({})) && !dependent.holds(&json!({"b": 1})));
    }
}
