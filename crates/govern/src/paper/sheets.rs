//! Pages: where things stand on them.

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::writers::{Catalog, DocumentInfo};
use pdf_writer::{Chunk, Content, Filter, Name, Rect, Ref, Str, TextStr};

use super::Unprintable;
use super::face::{EFFORT, Face};
use super::file::{File, settings};
use super::table::Head;
use super::text::{self, Line};

/// ISO 216 A4, in points: its short and its long side.
const SIDES: (f32, f32) = (595.0, 842.0);
/// How wide the column of labels is.
const LABELS: f32 = 116.0;
const FONT: Name<'static> = Name(b"F");
/// Pages that one node of the tree of pages holds.
const PAGES_IN_A_NODE: usize = 64;

/// How pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// For texts.
    Upright,
    /// For tables.
    Lying,
}

impl Shape {
    const fn size(self) -> (f32, f32) {
        match self {
            Self::Upright => SIDES,
            Self::Lying => (SIDES.1, SIDES.0),
        }
    }

    const fn margin(self) -> f32 {
        match self {
            Self::Upright => 56.0,
            Self::Lying => 36.0,
        }
    }
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The document's name.
    Title,
    /// Of a part.
    Heading,
    /// Of a part of a part.
    Subheading,
    /// What a value is.
    Label,
    /// A value.
    Value,
    /// The name of a column.
    Column,
    /// What stands in a row.
    Cell,
    /// What stands at the foot of every page.
    Footer,
    /// What lies under everything on every page.
    Mark,
}

impl Style {
    pub(super) const fn size(self) -> f32 {
        match self {
            Self::Title => 18.0,
            Self::Heading => 13.0,
            Self::Subheading => 10.0,
            Self::Label | Self::Value => 9.0,
            Self::Footer => 7.5,
            Self::Column | Self::Cell => 6.5,
            Self::Mark => 15.0,
        }
    }

    /// 0 is black.
    const fn gray(self) -> f32 {
        match self {
            Self::Title | Self::Heading | Self::Subheading | Self::Value | Self::Cell => 0.0,
            Self::Label | Self::Footer | Self::Column => 0.38,
            Self::Mark => 0.88,
        }
    }

    pub(super) fn leading(self) -> f32 {
        self.size() * 1.4
    }

    /// What is left free above it.
    const fn above(self) -> f32 {
        match self {
            Self::Heading => 18.0,
            Self::Subheading => 12.0,
            Self::Title | Self::Label | Self::Value | Self::Footer | Self::Column | Self::Cell | Self::Mark => 0.0,
        }
    }
}

/// The pages of a file.
pub struct Paper {
    shape: Shape,
    file: File,
    pub(super) face: Face,
    footer: String,
    /// What lies under everything on every page.
    mark: String,
    /// The head of the table that is being written.
    pub(super) head: Option<Head>,
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
    pub(super) y: f32,
}

impl Paper {
    /// Pages of this shape, nothing on them yet.
    pub fn new(shape: Shape) -> Result<Self, Unprintable> {
        let mut file = File::new();
        let [catalog, info, root, font, node] = [(); 5].map(|()| file.next());
        Ok(Self {
            shape,
            file,
            face: Face::new()?,
            footer: String::new(),
            mark: String::new(),
            head: None,
            catalog,
            info,
            root,
            font,
            nodes: Vec::new(),
            node,
            kids: Vec::new(),
            pages: 0,
            content: Content::new(),
            y: shape.size().1 - shape.margin(),
        })
    }

    /// What stands at the foot of every page, beside its number.
    pub fn footer(&mut self, says: String) {
        self.footer = says;
    }

    /// What lies under everything on every page, from corner to corner: whoever cuts the foot off has not cut this off.
    pub fn mark(&mut self, says: String) {
        self.mark = says;
    }

    /// Where a page begins.
    pub(super) fn top(&self) -> f32 {
        self.shape.size().1 - self.shape.margin()
    }

    pub(super) fn margin(&self) -> f32 {
        self.shape.margin()
    }

    /// How wide what is written may be.
    pub(super) fn width(&self) -> f32 {
        self.shape.size().0 - 2.0 * self.shape.margin()
    }

    /// A text over the whole width.
    pub fn block(&mut self, says: &str, style: Style) {
        // Whatever it is the heading of begins on the same page.
        self.room(style.above() + style.leading() + 3.0 * Style::Value.leading());
        if self.y < self.top() {
            self.y -= style.above();
        }
        let (at, width) = (self.margin(), self.width());
        for line in text::lines(&mut self.face, says, width * 1000.0 / style.size()) {
            self.line(&line, style, at, width);
        }
        self.y -= 3.0;
    }

    /// A label and what belongs to it beside it.
    pub fn pair(&mut self, label: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let (at, width) = (self.margin() + LABELS, self.width() - LABELS);
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
            self.line(&label, Style::Label, self.margin(), LABELS - 8.0);
            self.y = y;
        }
    }

    /// Code points that could not be drawn so far.
    pub fn missing(&self) -> Vec<String> {
        self.face.missing().iter().map(|one| format!("U+{:04X}", u32::from(*one))).collect()
    }

    fn line(&mut self, line: &Line, style: Style, x: f32, width: f32) {
        self.room(style.leading());
        self.y -= style.leading();
        self.set(line, style, x, width);
    }

    /// Draws a line where the page is, in a column of this width.
    pub(super) fn set(&mut self, line: &Line, style: Style, x: f32, width: f32) {
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
    pub(super) fn room(&mut self, height: f32) {
        if self.y - height < self.margin() {
            self.turn();
            self.repeat_head();
        }
    }

    fn turn(&mut self) {
        self.pages += 1;
        let foot = format!("{}   {}", self.footer, self.pages);
        let margin = self.margin();
        for line in text::lines(&mut self.face, &foot, f32::MAX) {
            self.draw(&line, Style::Footer, margin, margin / 2.0);
        }
        let drawn = std::mem::replace(&mut self.content, Content::new()).finish();
        let drawn = [self.under().as_slice(), b"\n", drawn.as_slice()].concat();
        let packed = compress_to_vec_zlib(&drawn, EFFORT);
        let [page, content] = [(); 2].map(|()| self.file.next());
        let mut chunk = Chunk::with_settings(settings());
        chunk.stream(content, &packed).filter(Filter::FlateDecode);
        self.file.object(content, &chunk);
        let mut chunk = Chunk::with_settings(settings());
        let (wide, high) = self.shape.size();
        let mut writer = chunk.page(page);
        writer.parent(self.node).media_box(Rect::new(0.0, 0.0, wide, high)).contents(content);
        writer.resources().fonts().pair(FONT, self.font);
        drop(writer);
        self.file.object(page, &chunk);
        self.kids.push(page);
        if self.kids.len() == PAGES_IN_A_NODE {
            self.end_node();
            self.node = self.file.next();
        }
        self.y = self.top();
    }

    /// What lies under a page's text: the mark, as often as it fits from the lower left to the upper right.
    fn under(&mut self) -> Vec<u8> {
        if self.mark.is_empty() {
            return Vec::new();
        }
        let ((wide, high), mark) = (self.shape.size(), self.mark.clone());
        let (sine, cosine) = high.atan2(wide).sin_cos();
        let mut under = Content::new();
        // Whoever reads a page aloud leaves this out (ISO 32000-1 §14.8.2.2).
        under.begin_marked_content(Name(b"Artifact"));
        under.set_fill_gray(Style::Mark.gray());
        for line in text::lines(&mut self.face, &mark, f32::MAX) {
            let bytes: Vec<u8> = line.glyphs.iter().flat_map(|glyph| glyph.to_be_bytes()).collect();
            let length = line.width * Style::Mark.size() / 1000.0;
            for step in [-1.0, 0.0, 1.0_f32] {
                // Centred on the diagonal, and beside it.
                let x = wide / 2.0 - length / 2.0 * cosine - step * high / 3.0 * sine;
                let y = high / 2.0 - length / 2.0 * sine + step * high / 3.0 * cosine;
                under.begin_text().set_font(FONT, Style::Mark.size());
                under.set_text_matrix([cosine, sine, -sine, cosine, x, y]).show(Str(&bytes)).end_text();
            }
        }
        under.end_marked_content();
        under.finish().as_slice().to_vec()
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
    pub fn finish(&mut self) -> Result<(), Unprintable> {
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
        self.file.finish(self.catalog, self.info).map_err(|_| Unprintable("its end"))
    }

    /// How many bytes wait to be taken.
    pub fn waiting(&self) -> usize {
        self.file.waiting()
    }

    /// Takes them.
    pub fn take(&mut self) -> Vec<u8> {
        self.file.take()
    }
}
