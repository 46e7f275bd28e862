//! Documents of S-expressions, kept as a flat list of nodes in pre-order, so that nothing recurses however deep they are.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// A document: any number of S-expressions, parsed from text or built with a [`Builder`].
///
/// A parsed document borrows its input, and copies only atoms that contain escapes.
/// Two documents are equal if they have the same values, even if the values were written differently.
#[derive(Clone, Default)]
pub struct Document<'a> {
    /// The input of a parsed document, or the concatenated atoms of a built document.
    input: Cow<'a, [u8]>,
    /// The text of atoms that contain escapes. Before each text stands its length, in four bytes.
    decoded: Vec<u8>,
    nodes: Vec<Node>,
}

/// One value: its span in the input, its kind, and a link whose meaning depends on the kind.
///
/// The link of a list is the index after its last descendant, or the index of its parent while the list is open.
/// The link of an atom with escapes is the place of its text in `decoded`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    start: u32,
    end: u32,
    link: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    /// An atom without quotes: its text is the whole span, which contains no space and no parenthesis.
    Bare,
    /// An atom in quotes: its text is the span without the first and the last byte.
    Quoted,
    /// An atom in quotes that contains escapes: its text is in `decoded`.
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

    pub(super) fn is_quoted(self) -> bool {
        self.kind() == Kind::Quoted
    }

    pub(super) fn link(self) -> usize {
        (self.link & LINK_MASK) as usize
    }

    pub(super) fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl<'a> Document<'a> {
    /// The values of the document, in order.
    pub fn values(&self) -> Items<'_> {
        Items { document: self, next: 0, end: self.nodes.len() }
    }

    /// The first value, which is what Xend's `from_string` returns.
    pub fn first(&self) -> Option<Sexpr<'_>> {
        self.values().next()
    }

    /// The value at a place that [`Sexpr::place`] returned; `None` if the document has no such place.
    pub fn at(&self, place: usize) -> Option<Sexpr<'_>> {
        (place < self.nodes.len()).then_some(Sexpr { document: self, index: place })
    }

    /// Makes the document independent of the input that it was parsed from.
    pub fn into_owned(self) -> Document<'static> {
        Document { input: Cow::Owned(self.input.into_owned()), decoded: self.decoded, nodes: self.nodes }
    }

    /// The input of a parsed document, or the concatenated atoms of a built document.
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
                    // Lists have no text, so none is compared: glibc's `bcmp` takes 100 ns for two dangling pointers.
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

/// One value of a [`Document`]: an atom or a list. It is a handle that is cheap to copy.
#[derive(Clone, Copy)]
pub struct Sexpr<'d> {
    document: &'d Document<'d>,
    index: usize,
}

impl<'d> Sexpr<'d> {
    fn node(self) -> Node {
        self.document.nodes[self.index]
    }

    /// The place of this value in its document: how many values begin before it. [`Document::at`] finds it again.
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

    /// The text of an atom; `None` for a list, and for an atom that is not UTF-8.
    pub fn as_str(self) -> Option<&'d str> {
        self.as_atom().and_then(|bytes| str::from_utf8(bytes).ok())
    }

    /// The items of a list; none for an atom.
    pub fn items(self) -> Items<'d> {
        Items { document: self.document, next: self.index + 1, end: self.document.subtree_end(self.index) }
    }

    /// The name of a list: its first item, if that is an atom.
    pub fn name(self) -> Option<&'d [u8]> {
        self.items().next().and_then(Sexpr::as_atom)
    }

    /// The first item of this list that is itself a list of that name.
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

    /// The value that follows the name of a list: `5` in `(domid 5)`.
    ///
    /// `None` for `(features )`, which releases before 4.1 print for an empty string.
    pub fn value(self) -> Option<Sexpr<'d>> {
        self.items().nth(1)
    }

    /// The list at a path of names such as `domain/image/linux`. The first name of the path is that of this list.
    ///
    /// Like libvirt's `sexpr_lookup`, it takes the first member of each name.
    pub fn lookup(self, path: &str) -> Option<Sexpr<'d>> {
        let mut names = path.split('/');
        let own = names.next()?;
        if self.name() != Some(own.as_bytes()) {
            return None;
        }
        names.try_fold(self, Sexpr::member)
    }

    /// The text of the value at a [path](Sexpr::lookup): `vm1` at `domain/name` in `(domain (name vm1))`.
    pub fn text(self, path: &str) -> Option<&'d str> {
        self.lookup(path)?.value()?.as_str()
    }

    /// The span of this value in the input in bytes, including quotes and parentheses. It has no meaning in a document that
    /// was built.
    pub fn span(self) -> Range<usize> {
        self.node().span()
    }

    /// The input of the whole document.
    pub(super) fn input(self) -> &'d [u8] {
        self.document.input()
    }

    /// The index of this value's node, and the nodes of this value and all values in it, in pre-order.
    pub(super) fn nodes(self) -> (usize, &'d [Node]) {
        (self.index, &self.document.nodes[self.index..self.document.subtree_end(self.index)])
    }

    pub(super) fn text_of(self, node: Node) -> &'d [u8] {
        self.document.text_of(node)
    }

    /// Copies this value into a document of its own.
    pub fn to_document(self) -> Document<'static> {
        let mut builder = Builder::new();
        builder.value(self);
        builder.finish()
    }

    /// This value and all values in it in pre-order, each with its depth below this value.
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

/// Iterates over the items of a list or the values of a document.
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

/// Builds a [`Document`] value by value.
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
    /// Creates a builder of an empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a list. What is added from now on belongs to it, until [`Builder::close`].
    ///
    /// # Panics
    /// If the document would have more than 2³⁰ values.
    pub fn open(&mut self) -> &mut Self {
        assert!(self.tree.has_room(), "a document holds at most 2^30 values");
        self.tree.open(self.text.len());
        self
    }

    /// Closes the innermost list.
    ///
    /// # Panics
    /// If no list is open.
    pub fn close(&mut self) -> &mut Self {
        assert!(self.tree.close(self.text.len()), "close without open");
        self
    }

    /// Adds an atom.
    ///
    /// # Panics
    /// If the document would have more than 2³⁰ values or 4 GiB of text.
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

    /// Adds a list of these atoms.
    pub fn list<A: AsRef<[u8]>>(&mut self, atoms: impl IntoIterator<Item = A>) -> &mut Self {
        self.open();
        for atom in atoms {
            self.atom(atom);
        }
        self.close()
    }

    /// Adds a copy of a value, with everything that is in it.
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

    /// Returns the finished document.
    ///
    /// # Panics
    /// If a list is still open.
    pub fn finish(self) -> Document<'static> {
        assert!(self.tree.depth() == 0, "a list is still open");
        self.tree.into_document(Cow::Owned(self.text))
    }
}

/// The nodes of a document that a parser or a [`Builder`] is making.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    decoded: Vec<u8>,
    /// The index of the innermost open list, or [`NONE`] if no list is open. The link of an open list is the index of its
    /// parent.
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
    /// The largest number of values in a document.
    pub(super) const MOST_VALUES: usize = Node::MAX;

    /// The number of open lists.
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The number of values so far, including those in open lists.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Allocates room for the values that a document of this size usually has.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.nodes.reserve(bytes.div_ceil(12));
    }

    /// Whether there is room for another value.
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

    /// Closes the innermost list, whose span ends at `end`. Returns false if no list is open.
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

    /// Adds an atom in quotes: its text is the span without the first and the last byte.
    pub(super) fn quoted(&mut self, span: Range<usize>) {
        self.nodes.push(Node::new(Kind::Quoted, span, 0));
    }

    /// Adds an atom whose text `decode` writes. Returns false if there is no room for the text.
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

    /// Removes the outermost open list and everything in it.
    pub(super) fn drop_open(&mut self) {
        while self.innermost != NONE {
            let index = self.innermost as usize;
            self.innermost = self.nodes[index].link() as u32;
            self.nodes.truncate(index);
        }
        self.depth = 0;
    }

    /// The place in the input where the innermost open list begins.
    pub(super) fn innermost_start(&self) -> Option<usize> {
        (self.innermost != NONE).then(|| self.nodes[self.innermost as usize].start as usize)
    }

    pub(super) fn into_document(self, input: Cow<'_, [u8]>) -> Document<'_> {
        debug_assert_eq!(self.depth, 0);
        Document { input, decoded: self.decoded, nodes: self.nodes }
    }
}
