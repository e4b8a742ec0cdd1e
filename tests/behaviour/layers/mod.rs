//! The layers of `src/`: a folder uses what stands below it, never what stands above, and no two use each other.

mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use uses::{Arrow, Sources};

/// A folder or file of `src/`, with those right below it. What these may use, it may use too.
type Layer = (&'static str, &'static [&'static str]);

const LAYERS: &[Layer] = &[
    ("random", &[]),
    ("text", &[]),
    ("model", &["random", "text"]),
    ("value", &["model"]),
    ("constraint", &["value"]),
    ("auth", &["model"]),
    ("codec", &["auth", "value"]),
    ("file", &["text"]),
    ("spec", &["constraint", "file"]),
    ("contract", &["spec", "codec"]),
    ("exchange", &["contract", "auth"]),
    ("probe", &["exchange"]),
    ("generate", &["probe"]),
    ("mock", &["exchange"]),
    ("check", &["exchange"]),
    ("report", &["check", "generate"]),
    ("judge", &["generate", "report"]),
    ("client", &["mock", "judge"]),
    ("mutate", &["mock", "judge"]),
    ("lint", &["mock", "judge"]),
    ("explain", &["mock", "judge"]),
    ("snapshot", &["mock", "judge"]),
    ("net", &["client"]),
    ("harness", &["explain", "lint", "mutate", "net", "snapshot"]),
    ("cli", &["harness"]),
    ("fuzzing", &["harness"]),
];

/// Files through which circles inside a folder may lead, and why.
const HUBS: &[(&str, &str)] = &[
    ("auth/mod.rs", "a registry: it lists the schemes, which keep to the trait beside the list"),
    ("check/mod.rs", "a registry: it lists the checks, which keep to the trait beside the list"),
    ("cli/check.rs", "a subcommand and the file that prepares it"),
    ("cli/failure.rs", "a failure is shown with its problems, and showing them may fail"),
    ("cli/snapshot.rs", "a subcommand and the recorder that it starts"),
    ("cli/mod.rs", "a registry: it lists the subcommands, which share its error"),
    ("client/conclude.rs", "answers are judged, and what is found is counted with the rest"),
    ("codec/http_bindings.rs", "headers are bound by the same words as paths and queries"),
    ("codec/mod.rs", "a registry: it lists the codecs, which keep to the trait beside the list"),
    ("constraint/mod.rs", "a registry: it lists the kinds, which keep to the trait beside the list"),
    ("exchange/questions.rs", "an observation is asked, and answers in its own words"),
    ("judge/run.rs", "a run is concluded with its own settings"),
    ("judge/target/mod.rs", "a target is read from its file, and the file's parts name the target's"),
    ("model/shape.rs", "a shape begins in a graph of nodes, and has a table of their places"),
    ("mutate/mutant.rs", "a mutant departs, and the departure asks the mutant"),
    ("judge/wire.rs", "the case of a probe goes over the wire by the probe's own rules"),
    ("net/serve.rs", "a connection shares the server's state"),
    ("net/proxy.rs", "a conversation shares the proxy's state"),
    ("probe/mod.rs", "a registry: it lists the probes, which keep to the trait beside the list"),
    ("report/baseline.rs", "a baseline is edited in its own words"),
];

#[test]
fn arrows_go_down_only() {
    let arrows = sources().arrows();
    let upward: Vec<String> = upward(LAYERS, &arrows).into_iter().map(told).collect();
    assert!(
        upward.is_empty(),
        "arrows go down only (tests/behaviour/layers/mod.rs says where):\n{}",
        upward.join("\n")
    );
}

#[test]
fn circles_inside_a_folder_are_few_and_named() {
    let arrows = sources().arrows();
    let hubs: BTreeSet<&str> = HUBS.iter().map(|(file, _)| *file).collect();
    let inside = arrows.iter().filter(|arrow| layer(&arrow.from) == layer(&arrow.to));
    let free: Vec<&Arrow> = inside.filter(|arrow| !hubs.contains(&*arrow.from) && !hubs.contains(&*arrow.to)).collect();
    let circles = circles(&free);
    assert!(circles.is_empty(), "files that use each other, directly or not:\n{}", circles.join("\n"));
}

#[test]
fn each_file_that_is_named_for_circles_has_one() {
    let arrows = sources().arrows();
    let inside: Vec<&Arrow> = arrows.iter().filter(|arrow| layer(&arrow.from) == layer(&arrow.to)).collect();
    for (hub, _) in HUBS {
        let others: BTreeSet<&str> = HUBS.iter().map(|(file, _)| *file).filter(|file| file != hub).collect();
        let is_free = |arrow: &&&Arrow| !others.contains(&*arrow.from) && !others.contains(&*arrow.to);
        let free: Vec<&Arrow> = inside.iter().filter(is_free).copied().collect();
        assert!(!circles(&free).is_empty(), "no circle needs {hub}: take it from the list");
    }
}

/// A layer that is listed has a folder or a file, and the other way round; the list itself has no circle.
#[test]
fn the_list_of_layers_equals_the_directory() {
    let listed: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let sources = sources();
    let files: BTreeSet<&str> = sources.files().map(layer).filter(|name| !is_root(name)).collect();
    let missing: Vec<&&str> = files.difference(&listed).collect();
    assert!(missing.is_empty(), "no layer says what these may use: {missing:?}");
    for (index, (name, below)) in LAYERS.iter().enumerate() {
        let earlier = |below: &&str| LAYERS[..index].iter().any(|(name, _)| name == below);
        assert!(below.iter().all(earlier), "{name} uses a layer that is listed after it");
    }
}

/// The test is red when an arrow is turned round, however it is written.
#[test]
fn an_arrow_that_is_turned_round_is_seen() {
    const TWO: &[Layer] = &[("low", &[]), ("high", &["low"])];
    let upward_in = |low: &str| {
        let files = [
            ("lib.rs", "pub mod low; pub mod high; pub use high::Word;"),
            ("low/mod.rs", "mod deep; pub fn x() {}"),
            ("low/deep.rs", low),
            ("high/mod.rs", "mod inner; pub use inner::Word; use crate::low;"),
            ("high/inner.rs", "pub struct Word; fn f() { super::super::low::x() }"),
        ];
        upward(TWO, &Sources::read(files).arrows()).len()
    };
    for turned in [
        "use crate::high::Word;",
        "use super::super::high::inner::{self, Word as Other};",
        "fn f() -> crate::high::Word { crate::high::Word }",
        "use crate::{high, low::x};",
        "use crate::Word;",
        "mod inside { fn f() { super::super::super::high::x() } }",
        "/* a comment */ fn f(a: &'static str) -> crate::high::Word { '\\'' }",
    ] {
        assert!(upward_in(turned) > 0, "{turned}");
    }
    for allowed in [
        "",
        "use super::x; use crate::low::x as y; use std::fmt;",
        "// use crate::high::Word;\n/// [`crate::high::Word`]\nfn f() {}",
        "const TEXT: &str = \"crate::high::Word\"; const RAW: &str = r#\"\"crate::high\"\"#;",
        "#[cfg(test)]\nmod tests { use crate::high::Word; fn f() { { } } }\nfn g() {}",
    ] {
        assert_eq!(upward_in(allowed), 0, "{allowed}");
    }
}

#[test]
fn a_circle_inside_a_folder_is_seen() {
    let files = |back: &'static str| {
        [
            ("lib.rs", "mod a;"),
            ("a/mod.rs", "mod b; mod c; pub use c::C;"),
            ("a/b.rs", "use super::C;"),
            ("a/c.rs", back),
        ]
    };
    let circles_in = |back| {
        let arrows = Sources::read(files(back)).arrows();
        circles(&arrows.iter().filter(|arrow| layer(&arrow.from) == layer(&arrow.to)).collect::<Vec<_>>())
    };
    assert_eq!(circles_in("pub struct C;"), Vec::<String>::new());
    assert_eq!(circles_in("use super::b::B; pub struct C;"), ["a/b.rs, a/c.rs"]);
}

/// The sources of this project.
fn sources() -> Sources {
    let mut files = BTreeMap::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), "", &mut files);
    Sources::read(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(name, fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// The folder of a file, or its name where it stands in `src/` itself.
fn layer(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// The root re-exports from everywhere, and the program starts there.
fn is_root(layer: &str) -> bool {
    matches!(layer, "lib" | "main" | "build")
}

fn may_use(layers: &[Layer], from: &str, to: &str) -> bool {
    let below = layers.iter().find(|(name, _)| *name == from).map_or(&[][..], |(_, below)| below);
    from == to || below.iter().any(|below| may_use(layers, below, to))
}

fn upward<'a>(layers: &[Layer], arrows: &'a BTreeSet<Arrow>) -> Vec<&'a Arrow> {
    let is_upward = |arrow: &&Arrow| {
        let (from, to) = (layer(&arrow.from), layer(&arrow.to));
        !is_root(from) && !is_root(to) && !may_use(layers, from, to)
    };
    arrows.iter().filter(is_upward).collect()
}

fn told(arrow: &Arrow) -> String {
    format!("src/{} uses src/{} as {}", arrow.from, arrow.to, arrow.path)
}

/// The largest sets of files that all lead to each other.
fn circles(arrows: &[&Arrow]) -> Vec<String> {
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for arrow in arrows {
        reached.entry(&arrow.from).or_default().insert(&arrow.to);
    }
    loop {
        let further: Vec<(&str, BTreeSet<&str>)> = reached
            .iter()
            .map(|(from, to)| (*from, to.iter().filter_map(|to| reached.get(to)).flatten().copied().collect()))
            .collect();
        let before: usize = reached.values().map(BTreeSet::len).sum();
        for (from, to) in further {
            reached.entry(from).or_default().extend(to);
        }
        if reached.values().map(BTreeSet::len).sum::<usize>() == before {
            break;
        }
    }
    let leads = |from: &str, to: &str| reached.get(from).is_some_and(|reached| reached.contains(to));
    let circles: BTreeSet<String> = reached
        .keys()
        .filter(|file| leads(file, file))
        .map(|file| {
            let all: Vec<&str> =
                reached.keys().copied().filter(|other| leads(file, other) && leads(other, file)).collect();
            all.join(", ")
        })
        .collect();
    circles.into_iter().collect()
}
