use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Document, XmlFlaw> {
    Document::read(text.as_bytes(), &MESSAGE)
}

fn flaw(text: &str) -> XmlFlaw {
    read(text).err().unwrap_or_else(|| panic!("read: {text}"))
}

fn whole(text: &str) -> String {
    canonical(read(text).unwrap().root(), &Choice { without: None, inclusive: vec![], most: usize::MAX }).unwrap()
}

/// An element of the list, around `inside` and with `more` attributes.
fn a(more: &str, inside: &str) -> String {
    format!("<s:A xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\"{more}>{inside}</s:A>")
}

#[test]
fn what_the_profile_does_not_know_is_refused() {
    let cases: &[(String, XmlFlaw)] = &[
        (a("", "<!-- -->"), XmlFlaw::Comment),
        (a("", "x<!---->y"), XmlFlaw::Comment),
        (format!("<!-- -->{}", a("", "")), XmlFlaw::Comment),
        (format!("{}<!-- -->", a("", "")), XmlFlaw::Comment),
        (a("", "<![CDATA[x]]>"), XmlFlaw::Cdata),
        (a("", "<?x y?>"), XmlFlaw::ProcessingInstruction),
        (format!("<?xml-stylesheet href='x'?>{}", a("", "")), XmlFlaw::Declaration),
        (format!("<?x?>{}", a("", "")), XmlFlaw::ProcessingInstruction),
        (format!("<!DOCTYPE x>{}", a("", "")), XmlFlaw::DocumentType),
        (format!("<!DOCTYPE x [<!ENTITY e 'v'>]>{}", a("", "&e;")), XmlFlaw::DocumentType),
        (a("", "<!ENTITY e 'v'>"), XmlFlaw::Syntax),
        (a("", "&e;"), XmlFlaw::Entity),
        (a(" b=\"&e;\"", ""), XmlFlaw::Entity),
        (a("", "&#0;"), XmlFlaw::Character),
        (a("", "&#xD800;"), XmlFlaw::Character),
        (a("", "&#x000000041;"), XmlFlaw::Character),
        (a("", "&#;"), XmlFlaw::Syntax),
        (a("", "&#xg;"), XmlFlaw::Syntax),
        (a("", "\u{0}"), XmlFlaw::Character),
        (a("", "\u{b}"), XmlFlaw::Character),
        (a("", "\u{ffff}"), XmlFlaw::Character),
        (a("", "]]>"), XmlFlaw::Syntax),
        (a(" b=\"<\"", ""), XmlFlaw::Syntax),
        (a(" b=c", ""), XmlFlaw::Syntax),
        (a(" b", ""), XmlFlaw::Syntax),
        (a(" b=\"1\"c=\"2\"", ""), XmlFlaw::Syntax),
        (a(" b=\"1\" b=\"1\"", ""), XmlFlaw::AttributeRepeated),
        (a("", "<s:B></s:C>"), XmlFlaw::Syntax),
        (a("", "<s:B>"), XmlFlaw::Syntax),
        (a("", "< s:B/>"), XmlFlaw::Syntax),
        (a("", "<s:B:C/>"), XmlFlaw::Syntax),
        (a("", "<:B/>"), XmlFlaw::Syntax),
        (a("", "<s:1/>"), XmlFlaw::Syntax),
        (a("", "<s:É/>"), XmlFlaw::Syntax),
        (a("", "</s:A>"), XmlFlaw::Syntax),
        (format!("{}{}", a("", ""), a("", "")), XmlFlaw::Outside),
        (format!("{}x", a("", "")), XmlFlaw::Outside),
        (format!("x{}", a("", "")), XmlFlaw::Outside),
        (String::new(), XmlFlaw::Syntax),
        (" ".into(), XmlFlaw::Syntax),
        (format!(" <?xml version='1.0'?>{}", a("", "")), XmlFlaw::ProcessingInstruction),
        (format!("<?xml version='1.1'?>{}", a("", "")), XmlFlaw::Declaration),
        (format!("<?xml version='1.0' encoding='UTF-16'?>{}", a("", "")), XmlFlaw::Declaration),
        (format!("<?xml version='1.0' encoding='UTF-7'?>{}", a("", "")), XmlFlaw::Declaration),
        (format!("<?xml encoding='UTF-8'?>{}", a("", "")), XmlFlaw::Declaration),
        (format!("<?xml version='1.0' x='y'?>{}", a("", "")), XmlFlaw::Declaration),
        (format!("\u{feff}{}", a("", "")), XmlFlaw::ByteOrderMark),
    ];
    for (text, expected) in cases {
        assert_eq!(flaw(text), *expected, "{text}");
    }
}

#[test]
fn other_encodings_are_refused() {
    let utf16: Vec<u8> = a("", "x").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(Document::read(&utf16, &MESSAGE).is_err());
    let marked = [&[0xff, 0xfe][..], &utf16].concat();
    assert_eq!(Document::read(&marked, &MESSAGE).err(), Some(XmlFlaw::NotUtf8));
    assert_eq!(
        Document::read(
            &a("", "x").into_bytes().iter().map(|b| if *b == b'x' { 0xe9 } else { *b }).collect::<Vec<_>>(),
            &MESSAGE
        )
        .err(),
        Some(XmlFlaw::NotUtf8)
    );
    assert!(read("+ADw-s:A xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\"/+AD4-").is_err());
}

#[test]
fn namespaces_are_those_of_the_list_and_prefixes_mean_one_thing() {
    let other = "urn:oasis:names:tc:SAML:2.0:protocol";
    let cases: &[(String, XmlFlaw)] = &[
        ("<A/>".into(), XmlFlaw::NoNamespace),
        ("<s:A/>".into(), XmlFlaw::PrefixUndeclared),
        ("<A xmlns=''/>".into(), XmlFlaw::NamespaceRelative),
        ("<A xmlns='a'/>".into(), XmlFlaw::NamespaceRelative),
        ("<A xmlns='../a'/>".into(), XmlFlaw::NamespaceRelative),
        ("<A xmlns='//a:b'/>".into(), XmlFlaw::NamespaceRelative),
        ("<A xmlns='1:b'/>".into(), XmlFlaw::NamespaceRelative),
        ("<A xmlns='a:'/>".into(), XmlFlaw::NamespaceRelative),
        ("<A xmlns='urn:x'/>".into(), XmlFlaw::NamespaceForeign),
        ("<A xmlns='urn:oasis:names:tc:SAML:2.0:assertion '/>".into(), XmlFlaw::NamespaceRelative),
        (a("", &format!("<s:B xmlns:s='{other}'/>")), XmlFlaw::PrefixRebound),
        (a("", &format!("<p:B xmlns:p='{other}'/><p:B/>")), XmlFlaw::PrefixUndeclared),
        (format!("<saml:A xmlns:saml='{other}'/>"), XmlFlaw::PrefixRebound),
        (a(" xmlns:ds='urn:oasis:names:tc:SAML:2.0:assertion'", ""), XmlFlaw::PrefixRebound),
        (a(" xmlns:xml='http://www.w3.org/XML/1998/namespace'", ""), XmlFlaw::PrefixRebound),
        (a(" xmlns:x='http://www.w3.org/XML/1998/namespace'", ""), XmlFlaw::PrefixRebound),
        (a(" xmlns:xmlns='urn:oasis:names:tc:SAML:2.0:assertion'", ""), XmlFlaw::PrefixRebound),
        (a(" xmlns:xml='urn:oasis:names:tc:SAML:2.0:assertion'", ""), XmlFlaw::PrefixRebound),
        (a("", "<s:B xmlns=''/>"), XmlFlaw::NamespaceRelative),
        (a(" s:b='1'", ""), XmlFlaw::AttributeForeign),
        (a(" xml:base='x:y'", ""), XmlFlaw::AttributeForeign),
        (a(" p:b='1'", ""), XmlFlaw::PrefixUndeclared),
        (a(&format!(" xmlns:t='{other}' xmlns:t='{other}'"), ""), XmlFlaw::AttributeRepeated),
    ];
    for (text, expected) in cases {
        assert_eq!(flaw(text), *expected, "{text}");
    }
    let i = "http://www.w3.org/2001/XMLSchema-instance";
    let twice = a(&format!(" xmlns:i='{i}' xmlns:j='{i}' i:type='1' j:type='2'"), "");
    assert_eq!(flaw(&twice), XmlFlaw::AttributeRepeated);
    // Entra ID and AD FS change what no prefix means.
    let text =
        "<A xmlns='urn:oasis:names:tc:SAML:2.0:assertion'><S xmlns='http://www.w3.org/2000/09/xmldsig#'/><B/></A>";
    let document = read(text).unwrap();
    let namespaces: Vec<Ns> = document.elements().map(|one| one.namespace()).collect();
    assert_eq!(namespaces, [Ns::ASSERTION, Ns::SIGNATURE, Ns::ASSERTION]);
}

#[test]
fn prefixes_begin_anew_inside_of_what_is_encrypted_and_nowhere_else() {
    let assertion = "xmlns:n='urn:oasis:names:tc:SAML:2.0:assertion'";
    let encrypted = "<n:EncryptedData xmlns:n='http://www.w3.org/2001/04/xmlenc#'><n:X xmlns:s='http://www.w3.org/2000/09/xmldsig#'>\
                     <s:Y/></n:X></n:EncryptedData>";
    let document = read(&a("", &format!("<n:B {assertion}>{encrypted}<n:C/></n:B><s:D/>"))).unwrap();
    let namespaces: Vec<Ns> = document.elements().map(|one| one.namespace()).collect();
    let (s, e, d) = (Ns::ASSERTION, Ns::ENCRYPTION, Ns::SIGNATURE);
    assert_eq!(namespaces, [s, s, e, e, d, s, s]);
    let canonical = "<n:EncryptedData xmlns:n=\"http://www.w3.org/2001/04/xmlenc#\"><n:X>\
                     <s:Y xmlns:s=\"http://www.w3.org/2000/09/xmldsig#\"></s:Y></n:X></n:EncryptedData><n:C></n:C></n:B>";
    assert!(whole(&a("", &format!("<n:B {assertion}>{encrypted}<n:C/></n:B>"))).contains(canonical));
    let elsewhere = [
        encrypted.replace("EncryptedData", "Encrypted"),
        format!("{encrypted}<s:C xmlns:s='http://www.w3.org/2000/09/xmldsig#'/>"),
        encrypted
            .replace("xmlenc#", "xmldsig-more#")
            .replace("http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2000/09/xmldsig#"),
    ];
    for inside in elsewhere {
        assert_eq!(flaw(&a("", &format!("<n:B {assertion}>{inside}</n:B>"))), XmlFlaw::PrefixRebound, "{inside}");
    }
    // What everybody calls by one name is not called by another's there either.
    let customary = encrypted.replace("n:", "saml:").replace("xmlns:n", "xmlns:saml");
    assert_eq!(flaw(&a("", &customary)), XmlFlaw::PrefixRebound);
}

#[test]
fn an_element_has_one_id_and_no_other_element_has_it() {
    let cases = [
        (a(" ID='a' Id='b'", ""), XmlFlaw::IdAmbiguous),
        (a(" ID='a' id='a'", ""), XmlFlaw::IdAmbiguous),
        (a(" ID='a' xml:id='b'", ""), XmlFlaw::AttributeForeign),
        (a(" xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:ID='a'", ""), XmlFlaw::IdAmbiguous),
        (a(" s:ID='a' ID='b'", ""), XmlFlaw::AttributeForeign),
        (a(" ID=''", ""), XmlFlaw::IdMalformed),
        (a(" ID='1a'", ""), XmlFlaw::IdMalformed),
        (a(" ID='a b'", ""), XmlFlaw::IdMalformed),
        (a(" ID='a:b'", ""), XmlFlaw::IdMalformed),
        (a(" ID='a'", "<s:B ID='a'/>"), XmlFlaw::IdRepeated),
        (a(" ID='a'", "<s:B Id='b'/><s:B iD='a'/>"), XmlFlaw::IdRepeated),
    ];
    for (text, expected) in cases {
        assert_eq!(flaw(&text), expected, "{text}");
    }
}

#[test]
fn there_is_an_end_to_everything() {
    let deep = |n: usize| a("", &format!("{}{}", "<s:B>".repeat(n), "</s:B>".repeat(n)));
    assert!(read(&deep(63)).is_ok());
    assert_eq!(flaw(&deep(64)), XmlFlaw::TooDeep);
    assert_eq!(flaw(&format!("{}<s:B", a("", &"<s:B>".repeat(50_000)))), XmlFlaw::TooDeep);
    let wide = |n: usize| a(&(0..n).map(|at| format!(" a{at}='1'")).collect::<String>(), "");
    assert!(read(&wide(64)).is_ok());
    assert_eq!(flaw(&wide(65)), XmlFlaw::TooManyAttributes);
    assert_eq!(flaw(&wide(20_000)), XmlFlaw::TooManyAttributes);
    let declared = |n: usize| {
        let one = |at: usize| format!(" xmlns:n{at}='urn:oasis:names:tc:SAML:2.0:assertion'");
        a(&(0..n).map(one).collect::<String>(), "")
    };
    assert!(read(&declared(15)).is_ok());
    assert_eq!(flaw(&declared(16)), XmlFlaw::TooManyNamespaces);
    let spread = (0..32).map(|at| format!("<s:B xmlns:n{at}='urn:oasis:names:tc:SAML:2.0:assertion'/>"));
    assert_eq!(flaw(&a("", &spread.collect::<String>())), XmlFlaw::TooManyNamespaces);
    assert!(read(&a("", &"<s:B/>".repeat(16 * 1024 - 1))).is_ok());
    assert_eq!(flaw(&a("", &"<s:B/>".repeat(16 * 1024))), XmlFlaw::TooManyNodes);
    assert_eq!(flaw(&a("", &"x".repeat(256 * 1024))), XmlFlaw::TooLarge);
}

#[test]
fn a_canonical_form_does_not_outgrow_the_profile() {
    // 12 bytes that canonicalise to 64.
    let text = format!(
        "<p:A xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' xmlns:s='urn:oasis:names:tc:SAML:2.0:assertion'>{}</p:A>",
        "<s:B/>".repeat(10_000)
    );
    let document = read(&text).unwrap();
    let result = canonical(document.root(), &Choice { without: None, inclusive: vec![], most: MESSAGE.bytes });
    assert_eq!(result, Err(XmlFlaw::TooLarge));
}

#[test]
fn text_and_values_become_what_xml_says() {
    let document =
        read(&a(" b='1&#9;&#10;2\t\n3 \r\n4&quot;'", "a&amp;b&lt;c&gt;d&apos;&#x41;&#65;\r\ne\rf&#13;")).unwrap();
    assert_eq!(document.root().text(), Some("a&b<c>d'AA\ne\nf\r"));
    assert_eq!(document.root().attribute("b"), Some("1\t\n2  3  4\""));
}

#[test]
fn the_canonical_form_is_the_one_of_the_recommendation() {
    let cases = [
        // Attributes and declarations in order, double quotes, no empty tags, no declaration of XML.
        (
            "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<s:A  xmlns:s='urn:oasis:names:tc:SAML:2.0:assertion' \
             b='2'  a = '1'\n><s:B/></s:A >\n",
            "<s:A xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\" a=\"1\" b=\"2\"><s:B></s:B></s:A>",
        ),
        // What isn't used isn't declared; what is used is declared where it is first used, also beside each other.
        (
            "<A xmlns='urn:oasis:names:tc:SAML:2.0:assertion' xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol'><p:B/><p:B/></A>",
            "<A xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><p:B xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\"></p:B>\
             <p:B xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\"></p:B></A>",
        ),
        // What no prefix means is declared again when it changes.
        (
            "<A xmlns='urn:oasis:names:tc:SAML:2.0:assertion'><B xmlns='urn:oasis:names:tc:SAML:2.0:protocol'><C/></B><B/></A>",
            "<A xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><B xmlns=\"urn:oasis:names:tc:SAML:2.0:protocol\"><C></C></B>\
             <B></B></A>",
        ),
        // Attributes are sorted by namespace, then by name.
        (
            "<A xmlns='urn:oasis:names:tc:SAML:2.0:assertion' xmlns:z='http://www.w3.org/2001/XMLSchema-instance' \
             xmlns:x500='urn:oasis:names:tc:SAML:2.0:profiles:attribute:X500' x500:a='1' z:b='2' xml:lang='en' c='3'/>",
            "<A xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\" xmlns:x500=\"urn:oasis:names:tc:SAML:2.0:profiles:attribute:X500\" \
             xmlns:z=\"http://www.w3.org/2001/XMLSchema-instance\" c=\"3\" z:b=\"2\" xml:lang=\"en\" x500:a=\"1\"></A>",
        ),
        (
            "<A xmlns='urn:oasis:names:tc:SAML:2.0:assertion' b='&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;'>&lt;&gt;&amp;\"'&#13;\n</A>",
            "<A xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\" b=\"&lt;>&amp;&quot;'&#x9;&#xA;&#xD;\">&lt;&gt;&amp;\"'&#xD;\n</A>",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(whole(text), expected);
    }
}

#[test]
fn a_part_is_canonical_without_what_stands_around_it() {
    let text = a(
        " xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol'",
        "a<s:B>b<s:C>c</s:C>d<p:D/></s:B>e",
    );
    let document = read(&text).unwrap();
    let part = document.root().children().next().unwrap();
    let without = part.children().next();
    let form = |inclusive| canonical(part, &Choice { without, inclusive, most: usize::MAX }).unwrap();
    let s = "xmlns:s=\"urn:oasis:names:tc:SAML:2.0:assertion\"";
    let p = "xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\"";
    assert_eq!(form(vec![]), format!("<s:B {s}>bd<p:D {p}></p:D></s:B>"));
    let xs = "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"";
    assert_eq!(form(vec!["xs", "p", "absent"]), format!("<s:B {p} {s} {xs}>bd<p:D></p:D></s:B>"));
}

/// Text of the profile, with its ways to say the same thing differently.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -%'-;=?-~]{0,8}",
        "[àéñ漢😀]{0,3}",
        prop::sample::select(vec![
            "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#13;", "&#x9;", "\n", "\r\n", "\t", "&#233;"
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat().replace("]]>", "").replace("]]", ""))
}

fn attributes() -> impl Strategy<Value = String> {
    let names = prop::sample::subsequence(vec!["a", "B", "x-y", "i:type", "xml:lang", "x500:Encoding"], 0..4);
    (names, prop::collection::vec(text(), 4), any::<bool>()).prop_map(|(names, values, single)| {
        let quoted = |value: &String| {
            if single { format!("'{}'", value.replace('\'', "")) } else { format!("\"{}\"", value.replace('"', "")) }
        };
        names.iter().zip(&values).map(|(name, value)| format!(" {name}={}", quoted(value))).collect()
    })
}

/// Elements inside each other, with and without prefixes, that declare more than they use.
fn element() -> impl Strategy<Value = String> {
    let declarations = prop::sample::subsequence(
        vec![
            " xmlns='urn:oasis:names:tc:SAML:2.0:assertion'",
            " xmlns:p=\"urn:oasis:names:tc:SAML:2.0:protocol\"",
            " xmlns:q='urn:oasis:names:tc:SAML:2.0:protocol'",
            " xmlns:xs='http://www.w3.org/2001/XMLSchema'",
        ],
        0..4,
    );
    let inside_out = text().boxed().prop_recursive(5, 40, 4, move |inner| {
        let name = prop::sample::select(vec!["A", "p:A", "d:Thing", "C", "d:SignedInfo"]);
        (name, declarations.clone(), attributes(), prop::collection::vec(inner, 0..4), text()).prop_map(
            |(name, declarations, attributes, inner, text)| {
                let declared: String = declarations.concat();
                let needed = if name.starts_with('p') && !declared.contains("xmlns:p") {
                    " xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol'"
                } else {
                    ""
                };
                format!("<{name}{declared}{needed}{attributes}>{text}{}</{name} >", inner.join(""))
            },
        )
    });
    (inside_out, text()).prop_map(|(inside, text)| {
        format!(
            "<d:Root xmlns:d='http://www.w3.org/2000/09/xmldsig#' xmlns='http://www.w3.org/2001/04/xmlenc#' \
             xmlns:i='http://www.w3.org/2001/XMLSchema-instance' \
             xmlns:x500='urn:oasis:names:tc:SAML:2.0:profiles:attribute:X500'>{text}{inside}</d:Root>"
        )
    })
}

/// Names, attributes and texts of a document, however it was written.
fn meaning(document: &Document) -> Vec<String> {
    let one = |element: Element<'_>| {
        let mut attributes: Vec<_> = element.attribute_values().collect();
        attributes.sort_unstable();
        format!("{:?}{} {attributes:?} {:?}", element.namespace(), element.local(), element.texts().collect::<Vec<_>>())
    };
    document.elements().map(one).collect()
}

proptest! {
    #[test]
    fn a_canonical_form_is_its_own_and_means_the_same(text in element()) {
        let document = read(&text).unwrap();
        let form = whole(&text);
        prop_assert_eq!(&whole(&form), &form);
        prop_assert_eq!(meaning(&read(&form).unwrap()), meaning(&document));
    }

    #[test]
    fn every_part_of_a_document_stands_alone_in_canonical_form(text in element()) {
        let document = read(&text).unwrap();
        for part in document.elements() {
            let form = canonical(part, &Choice { without: None, inclusive: vec![], most: usize::MAX }).unwrap();
            prop_assert_eq!(&whole(&form), &form);
        }
    }

    #[test]
    fn whatever_is_read_ends_in_a_document_or_a_flaw(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Document::read(&bytes, &MESSAGE);
        let _ = Document::read(&bytes, &METADATA);
    }

    #[test]
    fn what_is_written_is_read_as_it_was(value in "[ -~àé\n\t\r]{0,20}", text in "[ -~àé\n\t\r]{1,20}") {
        let mut writer = Writer::new();
        let namespace = ("xmlns:saml", "urn:oasis:names:tc:SAML:2.0:assertion");
        writer.begin("saml:A", &[namespace, ("b", &value)]).text(&text);
        let written = writer.finish();
        let document = read(&written).unwrap();
        prop_assert_eq!(document.root().attribute("b").unwrap_or_default(), value);
        prop_assert_eq!(document.root().text(), Some(&*text));
        prop_assert_eq!(whole(&written), written);
    }
}
