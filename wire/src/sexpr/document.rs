//! Values as a flat list of nodes in pre-order. Nothing here recurses, however deep a document is.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// Any number of values, parsed or built.
///
/// A parsed document borrows its input and copies only atoms that had escapes.
/// Two documents are equal if they hold the same values, however these were written.
#[derive(Clone, Default)]
pub struct Document<'a> {
    /// The input, or the atoms of a built document one after the other.
    input: Cow<'a, [u8]>,
    /// Atoms that had escapes, each behind its length in four bytes.
    decoded: Vec<u8>,
    nodes: Vec<Node>,
}

/// One value: where it was written, and by kind of `link`
/// * a list: the index behind its last descendant (while it is open, that of its parent),
/// * an atom with escapes: where in `decoded` its text is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    start: u32,
    end: u32,
    link: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    /// An atom that is its span, in which there is no space and no parenthesis.
    Bare,
    /// An atom that stands between the first and the last byte of its span.
    Quoted,
    Escaped,
}

const LINK_BITS: u32 = 30;
const LINK_MASK: u32 = (1 << LINK_BITS) - 1;

impl Node {
    /// The most nodes, and the most bytes of decoded text, that a document can hold.
    const MAX: usize = LINK_MASK as usize - 1;

    fn new(kind: Kind, span: Range<usize>, link: u32) -> Self {
        debug_assert!(link <= LINK_MASK);
        Self { start: span.start as u32, end: span.end as u32, link: (kind as u32) << LINK_BITS | link }
    }

    fn kind(self) -> Kind {
        match self.link >> LINK_BITS {
            0 => Kind::List,
            1 => Kind::Bare,
            2 => Kind::Quoted,
            _ => Kind::Escaped,
        }
    }

    pub(super) fn is_list(self) -> bool {
        self.kind() == Kind::List
    }

    pub(super) fn is_bare(self) -> bool {
        self.kind() == Kind::Bare
    }

    pub(super) fn link(self) -> usize {
        (self.link & LINK_MASK) as usize
    }

    pub(super) fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl<'a> Document<'a> {
    /// The values, in order.
    pub fn values(&self) -> Items<'_> {
        Items { document: self, next: 0, end: self.nodes.len() }
    }

    /// The first value, which is what Xend's `from_string` returns.
    pub fn first(&self) -> Option<Sexpr<'_>> {
        self.values().next()
    }

    /// The value at a place that [`Sexpr::place`] told.
    pub fn at(&self, place: usize) -> Option<Sexpr<'_>> {
        (place < self.nodes.len()).then_some(Sexpr { document: self, index: place })
    }

    /// The same values, independent of the input.
    pub fn into_owned(self) -> Document<'static> {
        Document { input: Cow::Owned(self.input.into_owned()), decoded: self.decoded, nodes: self.nodes }
    }

    /// What it was read from, or the atoms of a built document one after the other.
    pub(super) fn input(&self) -> &[u8] {
        &self.input
    }

    fn text_of(&self, node: Node) -> &[u8] {
        match node.kind() {
            Kind::List => &[],
            Kind::Bare => &self.input[node.span()],
            Kind::Quoted => &self.input[node.start as usize + 1..node.end as usize - 1],
            Kind::Escaped => {
                let (length, text) = self.decoded[node.link()..].split_at(4);
                &text[..u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize]
            }
        }
    }

    fn subtree_end(&self, index: usize) -> usize {
        let node = self.nodes[index];
        if node.kind() == Kind::List { node.link() } else { index + 1 }
    }
}

impl PartialEq for Document<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.nodes.len() == other.nodes.len()
            && (0..self.nodes.len()).all(|at| {
                let (mine, theirs) = (self.nodes[at], other.nodes[at]);
                match (mine.kind(), theirs.kind()) {
                    // No look at the text that a list does not have: glibc's `bcmp` takes 100 ns for two dangling pointers.
                    (Kind::List, Kind::List) => mine.link() == theirs.link(),
                    (Kind::List, _) | (_, Kind::List) => false,
                    _ => self.text_of(mine) == other.text_of(theirs),
                }
            })
    }
}

impl Eq for Document<'_> {}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}

/// One value of a [`Document`].
#[derive(Clone, Copy)]
pub struct Sexpr<'d> {
    document: &'d Document<'d>,
    index: usize,
}

impl<'d> Sexpr<'d> {
    fn node(self) -> Node {
        self.document.nodes[self.index]
    }

    /// Where it stands among all values of its document: how many begin before it. [`Document::at`] finds it there again.
    pub fn place(self) -> usize {
        self.index
    }

    /// Whether this is a list.
    pub fn is_list(self) -> bool {
        self.node().kind() == Kind::List
    }

    /// The bytes of an atom; `None` for a list.
    pub fn as_atom(self) -> Option<&'d [u8]> {
        (!self.is_list()).then(|| self.document.text_of(self.node()))
    }

    /// The text of an atom; `None` for a list, or where the bytes are not UTF-8.
    pub fn as_str(self) -> Option<&'d str> {
        self.as_atom().and_then(|bytes| str::from_utf8(bytes).ok())
    }

    /// The members of a list; none for an atom.
    pub fn items(self) -> Items<'d> {
        Items { document: self.document, next: self.index + 1, end: self.document.subtree_end(self.index) }
    }

    /// The name of a list: its first member if that is an atom.
    pub fn name(self) -> Option<&'d [u8]> {
        self.items().next().and_then(Sexpr::as_atom)
    }

    /// The first member of a list that is itself a list of that name.
    ///
    /// ```
    /// let document = xend_wire::sexpr::parse(b"(domain (domid 5) (device (vif)) (device (vbd)))")?;
    /// let domain = document.first().unwrap();
    /// assert_eq!(domain.member("domid").and_then(|domid| domid.value()).and_then(|id| id.as_str()), Some("5"));
    /// # Ok::<(), xend_wire::Error>(())
    /// ```
    pub fn member(self, name: &str) -> Option<Sexpr<'d>> {
        self.items().find(|item| item.name() == Some(name.as_bytes()))
    }

    /// What stands behind the name of a list: `5` in `(domid 5)`. `None` in `(features )`, as releases before 4.1 print
    /// an empty string.
    pub fn value(self) -> Option<Sexpr<'d>> {
        self.items().nth(1)
    }

    /// The list at a path of names, the first of which is this list's own: `domain/image/linux`.
    ///
    /// As libvirt's `sexpr_lookup` does, the first member of each name is taken.
    pub fn lookup(self, path: &str) -> Option<Sexpr<'d>> {
        let mut names = path.split('/');
        let own = names.next()?;
        if self.name() != Some(own.as_bytes()) {
            return None;
        }
        names.try_fold(self, Sexpr::member)
    }

    /// The text of the value at a path: `vm1` at `domain/name` in `(domain (name vm1))`.
    pub fn text(self, path: &str) -> Option<&'d str> {
        self.lookup(path)?.value()?.as_str()
    }

    /// Where the value was written, quotes and parentheses included, in bytes. For built documents it has no meaning.
    pub fn span(self) -> Range<usize> {
        self.node().span()
    }

    /// The input of the whole document.
    pub(super) fn input(self) -> &'d [u8] {
        self.document.input()
    }

    /// The nodes of the value in pre-order, and the index of the first.
    pub(super) fn nodes(self) -> (usize, &'d [Node]) {
        (self.index, &self.document.nodes[self.index..self.document.subtree_end(self.index)])
    }

    pub(super) fn text_of(self, node: Node) -> &'d [u8] {
        self.document.text_of(node)
    }

    /// A document of just this value.
    pub fn to_document(self) -> Document<'static> {
        let mut builder = Builder::new();
        builder.value(self);
        builder.finish()
    }

    /// Every value of the subtree in pre-order, with its depth below this one.
    pub(crate) fn walk(self) -> impl Iterator<Item = (usize, Sexpr<'d>)> {
        let end = self.document.subtree_end(self.index);
        let mut open: Vec<usize> = Vec::new();
        (self.index..end).map(move |index| {
            while open.last().is_some_and(|&end| end <= index) {
                open.pop();
            }
            let depth = open.len();
            let value = Sexpr { document: self.document, index };
            if value.is_list() {
                open.push(self.document.subtree_end(index));
            }
            (depth, value)
        })
    }
}

impl PartialEq for Sexpr<'_> {
    fn eq(&self, other: &Self) -> bool {
        let parts = self.walk().map(|(depth, value)| (depth, value.as_atom()));
        parts.eq(other.walk().map(|(depth, value)| (depth, value.as_atom())))
    }
}

impl Eq for Sexpr<'_> {}

/// Iterator over the members of a list or the values of a document.
#[derive(Clone, Debug)]
pub struct Items<'d> {
    document: &'d Document<'d>,
    next: usize,
    end: usize,
}

impl<'d> Iterator for Items<'d> {
    type Item = Sexpr<'d>;

    fn next(&mut self) -> Option<Sexpr<'d>> {
        if self.next >= self.end {
            return None;
        }
        let value = Sexpr { document: self.document, index: self.next };
        self.next = self.document.subtree_end(self.next);
        Some(value)
    }
}

/// Builds a document value by value.
///
/// ```
/// use xend_wire::sexpr::{Builder, Rules, print};
///
/// let mut vm = Builder::new();
/// vm.open().atom("vm").list(["name", "vm1"]).list(["root", "/dev/sda1 ro"]).close();
/// assert_eq!(print(&vm.finish(), Rules::strict()), b"(vm (name vm1) (root '/dev/sda1 ro'))");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    tree: Tree,
    text: Vec<u8>,
}

impl Builder {
    /// A builder of an empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a list.
    ///
    /// # Panics
    /// When the document would hold more than 2³⁰ values.
    pub fn open(&mut self) -> &mut Self {
        assert!(self.tree.has_room(), "a document holds at most 2^30 values");
        self.tree.open(self.text.len());
        self
    }

    /// Closes the innermost list.
    ///
    /// # Panics
    /// When none is open.
    pub fn close(&mut self) -> &mut Self {
        assert!(self.tree.close(self.text.len()), "close without open");
        self
    }

    /// Adds an atom.
    ///
    /// # Panics
    /// When the document would hold more than 2³⁰ values or 4 GiB of text.
    pub fn atom(&mut self, atom: impl AsRef<[u8]>) -> &mut Self {
        let (start, atom) = (self.text.len(), atom.as_ref());
        let is_bare = memchr::memchr3(b' ', b'(', b')', atom).is_none();
        self.text.extend((!is_bare).then_some(b'\''));
        self.text.extend_from_slice(atom);
        self.text.extend((!is_bare).then_some(b'\''));
        assert!(self.tree.has_room() && self.text.len() < u32::MAX as usize, "a document holds at most 4 GiB of text");
        let span = start..self.text.len();
        if is_bare {
            self.tree.bare(span);
        } else {
            self.tree.quoted(span);
        }
        self
    }

    /// Adds a list of atoms.
    pub fn list<A: AsRef<[u8]>>(&mut self, atoms: impl IntoIterator<Item = A>) -> &mut Self {
        self.open();
        for atom in atoms {
            self.atom(atom);
        }
        self.close()
    }

    /// Adds a copy of a value.
    pub fn value(&mut self, value: Sexpr<'_>) -> &mut Self {
        let mut open = 0;
        for (depth, part) in value.walk() {
            for _ in depth..open {
                self.close();
            }
            open = depth;
            match part.as_atom() {
                Some(atom) => self.atom(atom),
                None => {
                    open += 1;
                    self.open()
                }
            };
        }
        for _ in 0..open {
            self.close();
        }
        self
    }

    /// The document.
    ///
    /// # Panics
    /// When a list is still open.
    pub fn finish(self) -> Document<'static> {
        assert!(self.tree.depth() == 0, "a list is still open");
        self.tree.into_document(Cow::Owned(self.text))
    }
}

/// The nodes of a document that is being made, by a parser or a [`Builder`].
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    decoded: Vec<u8>,
    /// Index of the innermost open list, whose link holds that of its parent. [`NONE`] outside of any list.
    innermost: u32,
    depth: usize,
}

const NONE: u32 = LINK_MASK;

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: Vec::new(), decoded: Vec::new(), innermost: NONE, depth: 0 }
    }
}

impl Tree {
    /// The most values that fit.
    pub(super) const MOST_VALUES: usize = Node::MAX;

    /// How many lists are open.
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// How many values there are, those of open lists included.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Makes room for the values of a document of so many bytes, of which few have more.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.nodes.reserve(bytes.div_ceil(12));
    }

    /// Whether another value fits.
    #[inline]
    pub(super) fn has_room(&self) -> bool {
        self.nodes.len() < Node::MAX
    }

    #[inline]
    pub(super) fn open(&mut self, at: usize) {
        let index = self.nodes.len() as u32;
        self.nodes.push(Node::new(Kind::List, at..at, self.innermost));
        self.innermost = index;
        self.depth += 1;
    }

    /// Closes the innermost list, which ends before `end`. False if none is open.
    #[inline]
    pub(super) fn close(&mut self, end: usize) -> bool {
        if self.innermost == NONE {
            return false;
        }
        let behind = self.nodes.len() as u32;
        let list = &mut self.nodes[self.innermost as usize];
        let parent = list.link() as u32;
        *list = Node::new(Kind::List, list.start as usize..end, behind);
        self.innermost = parent;
        self.depth -= 1;
        true
    }

    #[inline]
    pub(super) fn bare(&mut self, span: Range<usize>) {
        self.nodes.push(Node::new(Kind::Bare, span, 0));
    }

    /// An atom whose text is what stands between the first and the last byte of its span.
    pub(super) fn quoted(&mut self, span: Range<usize>) {
        self.nodes.push(Node::new(Kind::Quoted, span, 0));
    }

    /// An atom whose text `decode` writes. False if there is no room for it.
    pub(super) fn escaped<E>(
        &mut self,
        span: Range<usize>,
        decode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let at = self.decoded.len();
        self.decoded.extend_from_slice(&[0; 4]);
        decode(&mut self.decoded)?;
        if self.decoded.len() > Node::MAX {
            return Ok(false);
        }
        let length = (self.decoded.len() - at - 4) as u32;
        self.decoded[at..at + 4].copy_from_slice(&length.to_le_bytes());
        self.nodes.push(Node::new(Kind::Escaped, span, at as u32));
        Ok(true)
    }

    /// Forgets the outermost open list and all in it.
    pub(super) fn drop_open(&mut self) {
        while self.innermost != NONE {
            let index = self.innermost as usize;
            self.innermost = self.nodes[index].link() as u32;
            self.nodes.truncate(index);
        }
        self.depth = 0;
    }

    /// Where the innermost open list begins.
    pub(super) fn innermost_start(&self) -> Option<usize> {
        (self.innermost != NONE).then(|| self.nodes[self.innermost as usize].start as usize)
    }

    pub(super) fn into_document(self, input: Cow<'_, [u8]>) -> Document<'_> {
        debug_assert_eq!(self.depth, 0);
        Document { input, decoded: self.decoded, nodes: self.nodes }
    }
}
