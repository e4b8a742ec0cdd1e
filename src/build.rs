//! Builds the library again when a spec is added: the specs are embedded.

fn main() {
    println!("cargo::rerun-if-changed=specs");
}
