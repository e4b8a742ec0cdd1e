//! Answers in XML, written in other ways.

use quick_xml::escape::unescape;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::{Variant, in_time, silent};

/// An element of the mock's XML.
#[derive(Clone)]
pub struct Element {
    pub name: String,
    pub namespace: Option<String>,
    pub children: Vec<Element>,
    pub text: String,
}

pub fn parse(text: &str) -> Element {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element { name: String::new(), namespace: None, children: Vec::new(), text: String::new() }];
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(start) => {
                let name = start.name().into_inner().to_owned();
                let namespace = start.attributes().map(|attribute| attribute.expect("an attribute").value.into_owned());
                open.push(Element { name, namespace: namespace.last(), children: Vec::new(), text: String::new() });
            }
            Event::End(_) => {
                let done = open.pop().expect("an open element");
                open.last_mut().expect("its parent").children.push(done);
            }
            Event::Text(piece) => open.last_mut().expect("an element").text.push_str(&piece),
            Event::GeneralRef(name) => {
                let resolved = unescape(&format!("&{};", &*name)).expect("a reference").into_owned();
                open.last_mut().expect("an element").text.push_str(&resolved);
            }
            Event::Eof => break,
            other => panic!("the mock writes no {other:?}"),
        }
    }
    open.remove(0).children.remove(0)
}

/// How XML may be written.
#[derive(Clone, Copy)]
pub struct Way {
    pub indent: &'static str,
    pub prefix: &'static str,
    pub attributes: &'static str,
    pub closes_itself: bool,
    pub reversed: bool,
    pub between: &'static str,
    pub text: fn(&str) -> String,
}

pub const PLAIN: Way =
    Way { indent: "", prefix: "", attributes: "", closes_itself: false, reversed: false, between: "", text: escaped };

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).replace('\r', "&#13;")
}

impl Way {
    pub fn write(self, element: &Element, depth: usize, out: &mut String) {
        let Self { indent, prefix, .. } = self;
        out.extend([format!("<{prefix}{}{}", element.name, self.attributes)]);
        if let Some(namespace) = &element.namespace {
            let name = if prefix.is_empty() { "xmlns" } else { "xmlns:n" };
            out.extend([format!(" {name}=\"{namespace}\"")]);
        }
        if element.children.is_empty() && element.text.is_empty() && self.closes_itself {
            out.push_str(" />");
            return;
        }
        out.push('>');
        let line = |depth: usize, out: &mut String| {
            if !indent.is_empty() {
                out.extend([format!("\r\n{}", indent.repeat(depth))]);
            }
        };
        let mut children: Vec<&Element> = element.children.iter().collect();
        if self.reversed {
            children.reverse();
        }
        for child in &children {
            line(depth + 1, out);
            out.push_str(self.between);
            self.write(child, depth + 1, out);
        }
        if children.is_empty() {
            out.push_str(&(self.text)(&element.text));
        } else {
            line(depth, out);
        }
        out.extend([format!("</{prefix}{}>", element.name)]);
    }
}

pub const XML: &[Variant] = &[
    silent("indented, declared, with CRLF", |sent| {
        sent.xml(|root, out| {
            out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n");
            Way { indent: "\t", ..PLAIN }.write(root, 0, out);
            out.push('\n');
        })
    }),
    silent("a byte order mark", |sent| {
        sent.xml(|root, out| {
            out.push_str("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>");
            PLAIN.write(root, 0, out);
        })
    }),
    silent("comments and instructions", |sent| {
        sent.xml(|root, out| {
            out.push_str("<!-- an answer --><?app a=\"b\"?>");
            Way {
                between: "<!-- a member > --><?x y?>",
                text: |text| format!("<!---->{}<!-- end -->", escaped(text)),
                ..PLAIN
            }
            .write(root, 0, out);
            out.push_str("<!-- the end -->");
        })
    }),
    silent("CDATA", |sent| {
        let text = |text: &str| format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"));
        let carries = !sent.response.body().windows(5).any(|window| window == b"&#13;");
        if carries { sent.xml(|root, out| Way { text, ..PLAIN }.write(root, 0, out)) } else { None }
    }),
    silent("references for all characters", |sent| {
        let text = |text: &str| {
            text.chars()
                .enumerate()
                .map(|(at, c)| if at % 2 == 0 { format!("&#x{:X};", c as u32) } else { format!("&#{};", c as u32) })
                .collect()
        };
        sent.xml(|root, out| Way { text, ..PLAIN }.write(root, 0, out))
    }),
    silent("prefixes", |sent| sent.xml(|root, out| Way { prefix: "n:", ..PLAIN }.write(root, 0, out))),
    silent("attributes", |sent| {
        let attributes = " xsi:type='x' id=\"1 &lt; 2\"";
        sent.xml(|root, out| Way { attributes, ..PLAIN }.write(root, 0, out))
    }),
    silent("elements that close themselves", |sent| {
        sent.xml(|root, out| Way { closes_itself: true, ..PLAIN }.write(root, 0, out))
    }),
    silent("members in another order", |sent| {
        sent.xml(|root, out| Way { reversed: true, ..PLAIN }.write(root, 0, out))
    }),
    silent("text/xml with a charset", |sent| {
        (!sent.is_json()).then(|| sent.with_header("content-type", "text/xml;charset=utf-8"))
    }),
    silent("application/xml", |sent| {
        (!sent.is_json()).then(|| sent.with_header("content-type", "Application/XML; charset=\"UTF-8\""))
    }),
    Variant {
        name: "elements that the contract does not have",
        alter: |sent| {
            sent.xml(|root, out| {
                let mut root = root.clone();
                let extra = |text: &str| Element {
                    name: "Extra".into(),
                    namespace: None,
                    children: Vec::new(),
                    text: text.into(),
                };
                root.children.iter_mut().for_each(|child| child.children.push(extra("1")));
                root.children.push(extra("<2>"));
                PLAIN.write(&root, 0, out);
            })
        },
        notes: &["unknown-output-member"],
    },
    silent("no RequestId in the header, one in the body", |sent| {
        let mut reply = in_time(sent.response.clone());
        (!sent.is_json()).then(|| {
            reply.response.headers_mut().remove("x-amzn-requestid");
            reply
        })
    }),
];
