//! Time zones by their names.

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Where a calendar's clocks stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// UTC, which needs no list of changes.
    Utc,
    /// A zone of the database.
    Other(TimeZone),
}

/// Why a text names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneError {
    /// The zone of the machine, which is another one elsewhere.
    #[error("the time zone Local is whatever a machine has: expected a name such as Europe/Paris, or UTC")]
    Local,
    /// A zone's name in other letters. Go, whose rule this is, looks for a file of that name.
    #[error("no time zone {name:?}: is it {known}?")]
    Case {
        /// What was given.
        name: String,
        /// How it is written.
        known: String,
    },
    /// No zone at all.
    #[error("no time zone {name:?}: expected a name such as Europe/Paris or America/New_York, or UTC")]
    Unknown {
        /// What was given.
        name: String,
    },
}

impl Zone {
    /// The zone with an IANA name, as Go's `time.LoadLocation` knows it: capitals count, and nothing is UTC. White space
    /// around it doesn't count.
    pub(crate) fn named(name: &str) -> Result<Self, ZoneError> {
        let name = name.trim_ascii();
        match name {
            "" | "UTC" => return Ok(Self::Utc),
            "Local" => return Err(ZoneError::Local),
            _ => {}
        }
        let unknown = || ZoneError::Unknown { name: name.to_owned() };
        let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| unknown())?;
        match zone.iana_name() {
            Some(known) if known == name => Ok(Self::Other(zone)),
            // The database doesn't mind capitals.
            Some(known) => Err(ZoneError::Case { name: name.to_owned(), known: known.to_owned() }),
            // Its name for "no zone is known".
            None => Err(unknown()),
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Other(zone) => zone.iana_name().unwrap_or("UTC"),
        }
    }
}
