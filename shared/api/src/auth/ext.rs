//! What Taskcluster's clients put into Hawk's `ext`.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};
use treble_core::scope::{ScopeError, check_scope};

use super::certificate::{Certificate, CertificateError};

/// Why `ext` can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ExtError {
    /// Not base64 of anything.
    #[error("Failed to parse ext: it must be JSON in base64")]
    Encoding,
    /// Not base64 of JSON.
    #[error("Failed to parse ext: {0}")]
    Json(serde_json::Error),
    /// Scopes that are no list of strings.
    #[error("ext.authorizedScopes must be an array of scopes")]
    AuthorizedScopes,
    /// A scope that is none.
    #[error("ext.authorizedScopes must be an array of valid scopes: {0}")]
    AuthorizedScope(ScopeError),
}

/// The parts of `ext` that change what a request may do.
#[derive(Debug, Default)]
pub(super) struct Ext {
    certificate: Option<Value>,
    authorized_scopes: Option<Value>,
}

impl Ext {
    /// Reads `ext` as it was sent; JSON that is no object says nothing.
    pub(super) fn parse(ext: &str) -> Result<Self, ExtError> {
        if ext.is_empty() {
            return Ok(Self::default());
        }
        let json =
            ENCODING.decode(ext.replace('-', "+").replace('_', "/")).map_err(|_| ExtError::Encoding)?;
        match serde_json::from_slice(&json).map_err(ExtError::Json)? {
            Value::Object(object) => Ok(Self::of(object)),
            _ => Ok(Self::default()),
        }
    }

    fn of(mut object: Map<String, Value>) -> Self {
        let certificate = object.remove("certificate").filter(|value| !value.is_null());
        Self { certificate, authorized_scopes: object.remove("authorizedScopes") }
    }

    /// The certificate of temporary credentials, if there is one.
    pub(super) fn certificate(&self) -> Result<Option<Certificate>, CertificateError> {
        self.certificate.as_ref().map(Certificate::parse).transpose()
    }

    /// The scopes that the request is narrowed to, if it is.
    pub(super) fn authorized_scopes(&self) -> Result<Option<Vec<String>>, ExtError> {
        let Some(value) = &self.authorized_scopes else { return Ok(None) };
        let scopes = strings(value).ok_or(ExtError::AuthorizedScopes)?;
        scopes.iter().try_for_each(|scope| check_scope(scope)).map_err(ExtError::AuthorizedScope)?;
        Ok(Some(scopes))
    }
}

/// The strings of an array of nothing else.
pub(super) fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// With or without padding: clients differ.
const ENCODING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
