//! Synthetic contracts: the five operations of this project, copied under other names, paths and scopes.

use std::fs;
use std::io;
use std::path::Path;

/// Operations of one service.
const OPERATIONS: usize = 50;

/// The services that are copied, each with its operations.
const TEMPLATES: [(&str, &[&str]); 3] = [
    ("backup", &["start-backup-job"]),
    (
        "rds",
        &["copy-db-cluster-snapshot", "restore-db-cluster-from-s3", "start-db-instance-automated-backups-replication"],
    ),
    ("cbr", &["replicate-backup"]),
];

/// An operation of a synthetic contract that can be asked for with `POST` and a body.
#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub path: String,
}

/// Writes so many operations into a directory. Gives one that the smallest request reaches.
pub fn write(directory: &Path, count: usize) -> io::Result<Sample> {
    let mut written = 0;
    let mut sample = None;
    for service in 0.. {
        if written >= count {
            break;
        }
        let (template, operations) = TEMPLATES[service % TEMPLATES.len()];
        let folder = directory.join(format!("{template}{service:04}"));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("service.yaml"), service_of(template, service)?)?;
        for number in 0..OPERATIONS.min(count - written) {
            let (text, here) = operation_of(template, operations[number % operations.len()], service, number)?;
            fs::write(folder.join(format!("operation{number:02}.yaml")), text)?;
            sample = here.or(sample);
        }
        written += OPERATIONS.min(count - written);
    }
    sample.ok_or_else(|| io::Error::other("no operation to ask for"))
}

fn read(service: &str, file: &str) -> io::Result<String> {
    fs::read_to_string(format!("{}/specs/{service}/{file}.yaml", env!("CARGO_MANIFEST_DIR")))
}

fn service_of(template: &str, service: usize) -> io::Result<String> {
    let name = format!("{template}{service:04}");
    let text = read(template, "service")?
        .replace(&format!("\nservice: {template}\n"), &format!("\nservice: {name}\n"))
        .replace(&format!("credential_scopes: [{template}]"), &format!("credential_scopes: [{name}]"))
        .replace(&format!("{template}.*"), &format!("{name}.*"))
        .replace(&format!("{template}-fips.*"), &format!("{name}-fips.*"))
        .replace("paths: [/", &format!("paths: [/{name}/"));
    Ok(text)
}

/// The text of an operation, and how to ask for it where its path names it.
fn operation_of(template: &str, file: &str, service: usize, number: usize) -> io::Result<(String, Option<Sample>)> {
    let text = read(template, file)?;
    let bare = text.lines().find_map(|line| line.strip_prefix("operation: ")).unwrap_or_default().to_owned();
    let name = format!("{bare}{number}");
    let text = text
        .replace(&format!("\noperation: {bare}\n"), &format!("\noperation: {name}\n"))
        .replace("\naliases: [CopyBackup]\n", "\n");
    let root = format!("/{template}{service:04}/{number}");
    let is_action = template == "rds";
    let rooted = |line: &str| match line.strip_prefix("  path: ") {
        Some(path) if !is_action => match path.strip_prefix('"') {
            Some(quoted) => format!("  path: \"{root}{quoted}"),
            None => format!("  path: {root}{path}"),
        },
        _ => line.to_owned(),
    };
    let sample = (template == "cbr").then(|| Sample { name, path: format!("{root}/v3/p/backups/b/replicate") });
    Ok((text.lines().map(rooted).collect::<Vec<_>>().join("\n") + "\n", sample))
}
