//! Why a text is not the XML of the profile.

use thiserror::Error;

/// Why a text is not the XML of the profile. It never says what stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum XmlFlaw {
    /// More bytes than the profile reads, or a canonical form of more.
    #[error("the document is too large")]
    TooLarge,
    /// Not UTF-8, or text for which XML has no place.
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// A byte order mark.
    #[error("the document begins with a byte order mark")]
    ByteOrderMark,
    /// An XML declaration of anything but version 1.0 in UTF-8.
    #[error("the XML declaration says something else than version 1.0 in UTF-8")]
    Declaration,
    /// A document type.
    #[error("the document has a document type")]
    DocumentType,
    /// A processing instruction.
    #[error("the document has a processing instruction")]
    ProcessingInstruction,
    /// A comment.
    #[error("the document has a comment")]
    Comment,
    /// A CDATA section.
    #[error("the document has a CDATA section")]
    Cdata,
    /// A reference to an entity that isn't one of the five of XML.
    #[error("the document refers to an entity")]
    Entity,
    /// A character that XML 1.0 doesn't know.
    #[error("the document has a character that XML does not allow")]
    Character,
    /// Not well-formed.
    #[error("the document is not well-formed")]
    Syntax,
    /// Something after the root element, or more than one of them.
    #[error("something stands outside the root element")]
    Outside,
    /// Elements deeper than anybody needs.
    #[error("elements are nested too deep")]
    TooDeep,
    /// More elements and texts than anybody needs.
    #[error("the document has too many elements")]
    TooManyNodes,
    /// More attributes on one element than anybody needs.
    #[error("an element has too many attributes")]
    TooManyAttributes,
    /// More namespaces, on one element or altogether, than anybody needs.
    #[error("there are too many namespace declarations")]
    TooManyNamespaces,
    /// Two attributes of one name.
    #[error("an attribute is repeated")]
    AttributeRepeated,
    /// An attribute of a namespace that has no attributes in the profile.
    #[error("an attribute has a namespace that the profile doesn't know")]
    AttributeForeign,
    /// A namespace outside the list.
    #[error("a namespace is not one of the profile")]
    NamespaceForeign,
    /// A namespace that is relative or empty.
    #[error("a namespace is relative or empty")]
    NamespaceRelative,
    /// A prefix that means two things, or that means something else elsewhere.
    #[error("a prefix is bound to another namespace than its own")]
    PrefixRebound,
    /// A prefix that means nothing.
    #[error("a prefix is not declared")]
    PrefixUndeclared,
    /// An element in no namespace.
    #[error("an element is in no namespace")]
    NoNamespace,
    /// More than one attribute that might be taken for the element's ID.
    #[error("an element has more than one ID")]
    IdAmbiguous,
    /// An ID that isn't an NCName.
    #[error("an ID is not an NCName")]
    IdMalformed,
    /// An ID that two elements share.
    #[error("two elements have the same ID")]
    IdRepeated,
}

impl XmlFlaw {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "xml_too_large",
            Self::NotUtf8 => "xml_not_utf8",
            Self::ByteOrderMark => "xml_byte_order_mark",
            Self::Declaration => "xml_declaration",
            Self::DocumentType => "xml_document_type",
            Self::ProcessingInstruction => "xml_processing_instruction",
            Self::Comment => "xml_comment",
            Self::Cdata => "xml_cdata",
            Self::Entity => "xml_entity",
            Self::Character => "xml_character",
            Self::Syntax => "xml_syntax",
            Self::Outside => "xml_outside_root",
            Self::TooDeep => "xml_too_deep",
            Self::TooManyNodes => "xml_too_many_nodes",
            Self::TooManyAttributes => "xml_too_many_attributes",
            Self::TooManyNamespaces => "xml_too_many_namespaces",
            Self::AttributeRepeated => "xml_attribute_repeated",
            Self::AttributeForeign => "xml_attribute_foreign",
            Self::NamespaceForeign => "xml_namespace_foreign",
            Self::NamespaceRelative => "xml_namespace_relative",
            Self::PrefixRebound => "xml_prefix_rebound",
            Self::PrefixUndeclared => "xml_prefix_undeclared",
            Self::NoNamespace => "xml_no_namespace",
            Self::IdAmbiguous => "xml_id_ambiguous",
            Self::IdMalformed => "xml_id_malformed",
            Self::IdRepeated => "xml_id_repeated",
        }
    }
}

/// Why well-formed XML is not the document that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum ShapeFlaw {
    /// The root is another element.
    #[error("the root element is not {0}")]
    Root(&'static str),
    /// An element that must be here isn't.
    #[error("an element is missing: {0}")]
    ElementMissing(&'static str),
    /// An element that may not be here is.
    #[error("there is an element that the profile doesn't know here, or one too many")]
    ElementUnexpected,
    /// Text between elements, or elements in text.
    #[error("text and elements are mixed")]
    Mixed,
    /// An attribute that must be here isn't.
    #[error("an attribute is missing: {0}")]
    AttributeMissing(&'static str),
    /// An attribute that may not be here is.
    #[error("there is an attribute that the profile doesn't know here")]
    AttributeUnexpected,
    /// A value of another form: a moment, base64, an address.
    #[error("a value has the wrong form: {0}")]
    Value(&'static str),
}

impl ShapeFlaw {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Root(_) => "root_unexpected",
            Self::ElementMissing(_) => "element_missing",
            Self::ElementUnexpected => "element_unexpected",
            Self::Mixed => "content_mixed",
            Self::AttributeMissing(_) => "attribute_missing",
            Self::AttributeUnexpected => "attribute_unexpected",
            Self::Value(_) => "value_malformed",
        }
    }
}
