//! How much a template may ask for.

/// Bounds on compiling and rendering. A template that reaches one fails with an error of kind
/// [`Limit`](crate::ErrorKind::Limit) that names it; nothing is truncated.
///
/// With the defaults, whatever the template, compiling and rendering stay within a 2 MiB stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps of rendering: nodes rendered, operations evaluated, elements visited, and one for every
    /// 64 bytes of text looked through. 1,000,000.
    pub steps: u64,
    /// Bytes that rendering may allocate in all, intermediate values included. 16 MiB.
    pub bytes: usize,
    /// Levels of arrays and objects in a template. 200.
    pub template_depth: usize,
    /// Levels of parentheses, brackets, braces and calls in an expression. 100.
    pub expression_depth: usize,
    /// Operands in a row, such as those of `1 + 1 + 1`, accesses as in `a.b.c`, or signs as in `!!x`. 1000.
    pub chain_length: usize,
    /// Levels of arrays and objects in a value, rendered or made on the way. 500.
    pub value_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 1_000_000,
            bytes: 16 * 1024 * 1024,
            template_depth: 200,
            expression_depth: 100,
            chain_length: 1000,
            value_depth: 500,
        }
    }
}
