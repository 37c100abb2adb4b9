//! Pages: where things stand on them.

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::writers::{Catalog, DocumentInfo};
use pdf_writer::{Chunk, Content, Filter, Name, Rect, Ref, Str, TextStr};

use super::face::{EFFORT, Face};
use super::file::{File, settings};
use super::text::{self, Line};
use crate::exports::model::Unwritable;

/// ISO 216 A4, in points.
const SIZE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 56.0;
/// How wide the column of labels is.
const LABELS: f32 = 116.0;
const FONT: Name<'static> = Name(b"F");
/// Pages that one node of the tree of pages holds.
const PAGES_IN_A_NODE: usize = 64;

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Title,
    Heading,
    Subheading,
    Label,
    Value,
    Footer,
}

impl Style {
    const fn size(self) -> f32 {
        match self {
            Self::Title => 18.0,
            Self::Heading => 13.0,
            Self::Subheading => 10.0,
            Self::Label | Self::Value => 9.0,
            Self::Footer => 7.5,
        }
    }

    /// 0 is black.
    const fn gray(self) -> f32 {
        match self {
            Self::Title | Self::Heading | Self::Subheading | Self::Value => 0.0,
            Self::Label | Self::Footer => 0.38,
        }
    }

    fn leading(self) -> f32 {
        self.size() * 1.4
    }

    /// What is left free above it.
    const fn above(self) -> f32 {
        match self {
            Self::Heading => 18.0,
            Self::Subheading => 12.0,
            Self::Title | Self::Label | Self::Value | Self::Footer => 0.0,
        }
    }
}

/// The pages of a file.
pub(super) struct Paper {
    file: File,
    face: Face,
    footer: String,
    catalog: Ref,
    info: Ref,
    root: Ref,
    font: Ref,
    /// Nodes of the tree of pages, each with how many it holds, and the pages of the one that is not full.
    nodes: Vec<(Ref, usize)>,
    node: Ref,
    kids: Vec<Ref>,
    pages: usize,
    content: Content,
    /// How far up the page there is something, in points.
    y: f32,
}

impl Paper {
    pub(super) fn new() -> Result<Self, Unwritable> {
        let mut file = File::new();
        let [catalog, info, root, font, node] = [(); 5].map(|()| file.next());
        Ok(Self {
            file,
            face: Face::new()?,
            footer: String::new(),
            catalog,
            info,
            root,
            font,
            nodes: Vec::new(),
            node,
            kids: Vec::new(),
            pages: 0,
            content: Content::new(),
            y: SIZE.1 - MARGIN,
        })
    }

    /// What stands at the foot of every page, beside its number.
    pub(super) fn footer(&mut self, says: String) {
        self.footer = says;
    }

    /// A text over the whole width.
    pub(super) fn block(&mut self, says: &str, style: Style) {
        // Whatever it is the heading of begins on the same page.
        self.room(style.above() + style.leading() + 3.0 * Style::Value.leading());
        if self.y < SIZE.1 - MARGIN {
            self.y -= style.above();
        }
        let width = SIZE.0 - 2.0 * MARGIN;
        for line in text::lines(&mut self.face, says, width * 1000.0 / style.size()) {
            self.line(&line, style, MARGIN, width);
        }
        self.y -= 3.0;
    }

    /// A label and what belongs to it beside it.
    pub(super) fn pair(&mut self, label: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let (at, width) = (MARGIN + LABELS, SIZE.0 - 2.0 * MARGIN - LABELS);
        let mut labels = text::lines(&mut self.face, label, (LABELS - 8.0) * 1000.0 / Style::Label.size()).into_iter();
        for line in text::lines(&mut self.face, value, width * 1000.0 / Style::Value.size()) {
            self.beside(labels.next());
            self.line(&line, Style::Value, at, width);
        }
        for label in labels {
            self.beside(Some(label));
            self.y -= Style::Label.leading();
        }
        self.y -= 2.0;
    }

    /// Draws a label on the line that comes next.
    fn beside(&mut self, label: Option<Line>) {
        self.room(Style::Value.leading());
        if let Some(label) = label {
            let y = self.y;
            self.line(&label, Style::Label, MARGIN, LABELS - 8.0);
            self.y = y;
        }
    }

    /// Code points that could not be drawn so far.
    pub(super) fn missing(&self) -> Vec<String> {
        self.face.missing().iter().map(|one| format!("U+{:04X}", u32::from(*one))).collect()
    }

    fn line(&mut self, line: &Line, style: Style, x: f32, width: f32) {
        self.room(style.leading());
        self.y -= style.leading();
        let x = if line.from_the_right { x + width - line.width * style.size() / 1000.0 } else { x };
        self.draw(line, style, x, self.y);
    }

    fn draw(&mut self, line: &Line, style: Style, x: f32, y: f32) {
        if line.glyphs.is_empty() {
            return;
        }
        let bytes: Vec<u8> = line.glyphs.iter().flat_map(|glyph| glyph.to_be_bytes()).collect();
        self.content.set_fill_gray(style.gray());
        self.content.begin_text().set_font(FONT, style.size()).next_line(x, y).show(Str(&bytes)).end_text();
    }

    /// Turns the page if so much doesn't fit on it.
    fn room(&mut self, height: f32) {
        if self.y - height < MARGIN {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.pages += 1;
        let foot = format!("{}   {}", self.footer, self.pages);
        for line in text::lines(&mut self.face, &foot, f32::MAX) {
            self.draw(&line, Style::Footer, MARGIN, MARGIN / 2.0);
        }
        let drawn = std::mem::replace(&mut self.content, Content::new()).finish();
        let packed = compress_to_vec_zlib(drawn.as_slice(), EFFORT);
        let [page, content] = [(); 2].map(|()| self.file.next());
        let mut chunk = Chunk::with_settings(settings());
        chunk.stream(content, &packed).filter(Filter::FlateDecode);
        self.file.object(content, &chunk);
        let mut chunk = Chunk::with_settings(settings());
        let mut writer = chunk.page(page);
        writer.parent(self.node).media_box(Rect::new(0.0, 0.0, SIZE.0, SIZE.1)).contents(content);
        writer.resources().fonts().pair(FONT, self.font);
        drop(writer);
        self.file.object(page, &chunk);
        self.kids.push(page);
        if self.kids.len() == PAGES_IN_A_NODE {
            self.end_node();
            self.node = self.file.next();
        }
        self.y = SIZE.1 - MARGIN;
    }

    fn end_node(&mut self) {
        let kids = std::mem::take(&mut self.kids);
        let mut chunk = Chunk::with_settings(settings());
        let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
        chunk.pages(self.node).parent(self.root).count(count).kids(kids.iter().copied());
        self.file.object(self.node, &chunk);
        self.nodes.push((self.node, kids.len()));
    }

    /// Writes what is left: the last page, the font, what leads to all of them.
    pub(super) fn finish(&mut self) -> Result<(), Unwritable> {
        self.turn();
        if !self.kids.is_empty() {
            self.end_node();
        }
        let mut chunk = Chunk::with_settings(settings());
        let count = i32::try_from(self.pages).unwrap_or(i32::MAX);
        chunk.pages(self.root).count(count).kids(self.nodes.iter().map(|(node, _)| *node));
        self.file.object(self.root, &chunk);
        self.face.finish(&mut self.file, self.font)?;
        let mut chunk = Chunk::with_settings(settings());
        let mut info = chunk.indirect(self.info).start::<DocumentInfo>();
        info.title(TextStr(&self.footer)).producer(TextStr("Sealpost"));
        drop(info);
        self.file.object(self.info, &chunk);
        let mut chunk = Chunk::with_settings(settings());
        chunk.indirect(self.catalog).start::<Catalog>().pages(self.root);
        self.file.object(self.catalog, &chunk);
        self.file.finish(self.catalog, self.info).map_err(|_| Unwritable::Pdf("its end"))
    }

    pub(super) fn waiting(&self) -> usize {
        self.file.waiting()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.file.take()
    }
}
