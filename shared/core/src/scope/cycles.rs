//! Roles may not lead back to themselves.

use super::index::RoleIndex;
use super::roles::{PARAMETER, Roles, names_roles};

/// Roles that lead back to the first of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("roles may not lead back to themselves: {}", .path.join(" -> "))]
pub struct RoleCycle {
    /// The ids along the way, the first one again at the end.
    pub path: Vec<String>,
}

impl Roles {
    /// Checks that no role leads back to itself, whatever its parameter is, `*` included. For all roles together
    /// with one that is about to be saved.
    ///
    /// A role with the scope `*` holds everything already, so that scope leads nowhere.
    pub fn check_cycles(&self) -> Result<(), RoleCycle> {
        let mut state = vec![Visit::New; self.len()];
        for start in 0..self.len() {
            if let Some(cycle) = visit(&self.index, start, &mut state) {
                let path = cycle.into_iter().map(|i| self.index.role(i).id.clone()).collect();
                return Err(RoleCycle { path });
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    /// On the path being followed.
    Open,
    Done,
}

/// Follows the roles from one of them depth first, without recursion: a chain can be as long as there are roles.
fn visit(index: &RoleIndex, start: usize, state: &mut [Visit]) -> Option<Vec<usize>> {
    if state[start] != Visit::New {
        return None;
    }
    state[start] = Visit::Open;
    let mut path = vec![(start, leads_to(index, start))];
    while let Some((role, next)) = path.last_mut() {
        match next.pop() {
            Some(to) if state[to] == Visit::Open => {
                let cycle = path.iter().map(|(role, _)| *role).skip_while(|role| *role != to);
                return Some(cycle.chain([to]).collect());
            }
            Some(to) if state[to] == Visit::New => {
                state[to] = Visit::Open;
                path.push((to, leads_to(index, to)));
            }
            Some(_) => {}
            None => {
                state[*role] = Visit::Done;
                path.pop();
            }
        }
    }
    None
}

/// The roles that a role's scopes name for at least one parameter.
fn leads_to(index: &RoleIndex, role: usize) -> Vec<usize> {
    let role = index.role(role);
    let mut to = Vec::new();
    for scope in role.scopes.iter().filter(|scope| *scope != "*") {
        // The parameter `*` covers what any other parameter can lead to.
        let widest = match scope.split_once(PARAMETER) {
            Some((before, _)) if role.prefix().is_some() => format!("{before}*"),
            _ => scope.clone(),
        };
        if names_roles(&widest) {
            to.extend(index.matching(&widest).map(|(role, _)| role));
        }
    }
    to.sort_unstable();
    to.dedup();
    to
}
