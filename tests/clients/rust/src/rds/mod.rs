//! RDS: three operations.

mod copy;
mod restore;
mod start;

use aws_sdk_rds::{Client, types::Tag};

use crate::checks::{Checks, config};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/AKIAIOSFODNN7EXAMPLE";

pub fn add(checks: &mut Checks) {
    start::add(checks);
    restore::add(checks);
    copy::add(checks);
}

fn client(prefer: &'static str) -> Client {
    Client::from_conf(config!(aws_sdk_rds, prefer))
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn tags() -> Vec<Tag> {
    vec![tag("Name", "a b+c/d=e"), tag("owner", "ü-ñ 漢")]
}
