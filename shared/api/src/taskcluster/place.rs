//! Where a path leads to: a mount, and what is below it.

use super::route::MOUNT;
use crate::gates;

/// All places where routes are mounted.
const MOUNTS: [&str; 2] = [MOUNT, gates::MOUNT];

/// Where a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'p> {
    /// The mount that it is below.
    pub mount: &'static str,
    /// The raw segments below it.
    pub segments: Vec<&'p str>,
}

/// A path below a mount; None where it is below none. The mount is found in any case, as clients of the reference service
/// may rely on; one trailing slash doesn't count.
pub fn below_mount(path: &str) -> Option<Place<'_>> {
    MOUNTS.iter().find_map(|mount| {
        let (start, rest) = path.split_at_checked(mount.len())?;
        if !start.eq_ignore_ascii_case(mount) {
            return None;
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let segments = match rest {
            "" => Vec::new(),
            rest => rest.strip_prefix('/')?.split('/').collect(),
        };
        Some(Place { mount, segments })
    })
}

/// The path of the reference of the service at a mount. Not asked of what describes the service, which every function
/// would then be linked with: that names all routes, and these their handlers.
pub fn reference_path(mount: &str) -> String {
    format!("{}/api.json", mount.replacen("/api/", "/references/", 1))
}
