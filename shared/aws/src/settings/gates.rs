//! What gates are told, and the dialect of CCX.

use treble_core::gate::AddressRules;

use super::{InvalidChoice, SettingError, Variable, Variables, variable};

/// The table of gates.
pub const GATES_TABLE: Variable =
    variable("TREBLE_GATES_TABLE", "the name of the table of gates", "treble-gates");
/// The queue of integrators' lanes.
pub const DELIVERIES_QUEUE_URL: Variable = variable(
    "TREBLE_DELIVERIES_QUEUE_URL",
    "the URL of the queue that tells which integrators have deliveries waiting",
    "https://sqs.eu-central-1.amazonaws.com/123456789012/treble-deliveries",
);
/// What callers of the dialect of CCX show: a secret.
pub const CCX_TOKEN: Variable = variable(
    "TREBLE_CCX_TOKEN",
    "the tokens that callers of the CCX dialect show, with spaces between them where there are several",
    "…",
);
/// The secret that is these tokens.
pub const CCX_TOKEN_ARN: Variable = variable(
    "TREBLE_CCX_TOKEN_ARN",
    "the name or ARN of the secret in Secrets Manager that is the tokens that callers of the CCX dialect show",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:treble-ccx-token",
);
/// See [`YesOrNo`](super::YesOrNo).
pub const HOOK_GATES: Variable = variable(
    "TREBLE_HOOK_GATES",
    "whether integrators are asked and told of hooks as well: yes or no",
    "yes",
);
/// See [`Variables::integrator_addresses`].
pub const INTEGRATOR_ADDRESSES: Variable = variable(
    "TREBLE_INTEGRATOR_ADDRESSES",
    "where integrators may be: public, for public addresses only, or any",
    "public",
);

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// Where integrators may be; `default`, where nobody says.
    pub fn integrator_addresses(&self, default: AddressRules) -> Result<AddressRules, SettingError> {
        match self.optional(INTEGRATOR_ADDRESSES.name).as_deref() {
            None => Ok(default),
            Some("public") => Ok(AddressRules::Public),
            Some("any") => Ok(AddressRules::Local),
            Some(_) => Err(SettingError::Malformed {
                variable: INTEGRATOR_ADDRESSES,
                source: InvalidChoice::Addresses.into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_integrators_may_be() {
        use AddressRules::{Local, Public};
        for (value, default, expected) in
            [("", Public, Public), ("", Local, Local), ("public", Local, Public), ("any", Public, Local)]
        {
            let variables =
                Variables::new(|name| (name == "TREBLE_INTEGRATOR_ADDRESSES").then(|| value.to_owned()));
            assert_eq!(variables.integrator_addresses(default).unwrap(), expected, "{value:?}");
        }
        let variables = Variables::new(|_| Some("private".to_owned()));
        let error = variables.integrator_addresses(Public).unwrap_err();
        let expected = "TREBLE_INTEGRATOR_ADDRESSES must hold where integrators may be: public, for public addresses only, or any, \
                        e.g. TREBLE_INTEGRATOR_ADDRESSES=public";
        assert_eq!(error.to_string(), expected);
    }
}
