//! Which subschemas lead to each other: strongly connected components, by Kosaraju's algorithm.

use super::graph::Node;

/// A division of nodes into components.
#[derive(Debug)]
pub(super) struct Components {
    /// The component of each node.
    pub of: Vec<usize>,
    /// The nodes of each component. A component stands behind all those that it leads to.
    pub members: Vec<Vec<usize>>,
}

/// Divides a graph into its components, without recursion: chains of references can be long.
pub(super) fn components(nodes: &[Node<'_>]) -> Components {
    let mut forward = vec![Vec::new(); nodes.len()];
    let mut backward = vec![Vec::new(); nodes.len()];
    for (from, node) in nodes.iter().enumerate() {
        for edge in &node.edges {
            push(&mut forward, from, edge.to);
            push(&mut backward, edge.to, from);
        }
    }
    let finished = finishing_order(&forward);
    let mut components = Components { of: vec![usize::MAX; nodes.len()], members: Vec::new() };
    for start in finished.into_iter().rev() {
        collect(&backward, start, &mut components);
    }
    // They come with the whole schema's first; costs are added up from the other end.
    components.members.reverse();
    let last = components.members.len().saturating_sub(1);
    components.of.iter_mut().for_each(|component| *component = last.saturating_sub(*component));
    components
}

fn push(adjacent: &mut [Vec<usize>], from: usize, to: usize) {
    if let Some(list) = adjacent.get_mut(from) {
        list.push(to);
    }
}

/// All nodes, each behind those that it leads to, as far as cycles allow.
fn finishing_order(forward: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; forward.len()];
    let mut finished = Vec::with_capacity(forward.len());
    for start in 0..forward.len() {
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.pop() {
            if next == 0 && seen.get_mut(node).is_none_or(|seen| std::mem::replace(seen, true)) {
                continue;
            }
            match forward.get(node).and_then(|targets| targets.get(next)) {
                Some(target) => stack.extend([(node, next + 1), (*target, 0)]),
                None => finished.push(node),
            }
        }
    }
    finished
}

/// Puts everything that leads to `start` and has no component yet into a new one.
fn collect(backward: &[Vec<usize>], start: usize, components: &mut Components) {
    let component = components.members.len();
    let mut members = Vec::new();
    let mut stack = vec![start];
    while let Some(node) = stack.pop() {
        let Some(slot) = components.of.get_mut(node).filter(|slot| **slot == usize::MAX) else { continue };
        *slot = component;
        members.push(node);
        stack.extend(backward.get(node).into_iter().flatten());
    }
    if !members.is_empty() {
        components.members.push(members);
    }
}
