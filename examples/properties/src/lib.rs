//! Reads what a caller wants replicated, and writes it again.

use serde_json::{Map, Value};

/// What is to be replicated, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    pub project: String,
    pub region: String,
    pub vault: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub accelerate: Option<bool>,
}

/// The member that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong(pub &'static str);

impl Replica {
    /// Reads the `replicate` member of a request.
    pub fn read(members: &Map<String, Value>) -> Result<Self, Wrong> {
        let needed = |name| text(members, name)?.ok_or(Wrong(name));
        let name = text(members, "name")?;
        if name
            .as_ref()
            .is_some_and(|name| !(1..=64).contains(&name.chars().count()) || !name.chars().all(is_of_a_name))
        {
            return Err(Wrong("name"));
        }
        let description = text(members, "description")?;
        if description.as_ref().is_some_and(|text| text.chars().count() > 255 || text.contains(['<', '>'])) {
            return Err(Wrong("description"));
        }
        let region = needed("destination_region")?;
        if region.len() > 255 || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
            return Err(Wrong("destination_region"));
        }
        let accelerate = match members.get("enable_acceleration") {
            None => None,
            Some(value) => Some(value.as_bool().ok_or(Wrong("enable_acceleration"))?),
        };
        let (project, vault) = (needed("destination_project_id")?, needed("destination_vault_id")?);
        Ok(Self { project, region, vault, name, description, accelerate })
    }

    /// Writes what was read.
    pub fn write(&self) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("destination_project_id".into(), self.project.clone().into());
        members.insert("destination_region".into(), self.region.clone().into());
        members.insert("destination_vault_id".into(), self.vault.clone().into());
        members.extend(self.name.clone().map(|name| ("name".into(), name.into())));
        members.extend(self.description.clone().map(|text| ("description".into(), text.into())));
        members.extend(self.accelerate.map(|accelerate| ("enable_acceleration".into(), accelerate.into())));
        members
    }
}

fn text(members: &Map<String, Value>, name: &'static str) -> Result<Option<String>, Wrong> {
    let Some(value) = members.get(name) else { return Ok(None) };
    value.as_str().map(|text| Some(text.to_owned())).ok_or(Wrong(name))
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '_' | '-' | '\u{4e00}'..='\u{9fa5}' | '\u{f900}'..='\u{fa2d}')
}
