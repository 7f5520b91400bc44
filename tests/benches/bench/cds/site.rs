//! A CDS that a deployment is registered at.

use serde_json::json;
use treble_tests::Cds;

use crate::lambda::Lambda;
use crate::load::Deployment;

/// The CDS.
pub(super) struct Site {
    cds: Cds,
}

impl Site {
    /// One at which the deployment is registered.
    pub(super) async fn start(deployment: &Deployment) -> Site {
        // The emulator has one secret, the master key: so that is the token, too.
        let token = format!("{:-<32}", deployment.server.server.aws().unwrap().name());
        let site = Site { cds: Cds::start(&token) };
        let mut environment = site.environment(deployment);
        environment.push(("CDS_TOKEN_ARN".to_owned(), "token".to_owned()));
        let queue = deployment.server.server.aws().unwrap().firings_url();
        environment.push(("TREBLE_CDS_BEATS_QUEUE_URL".to_owned(), queue));
        let beat = Lambda::start("cds-beat", deployment, &environment).await;
        beat.invoke(json!({}).to_string().into()).await;
        assert_eq!(site.cds.registrations().len(), 1, "it is registered");
        site
    }

    /// What a function finds in its environment that has to do with CDS.
    pub(super) fn environment(&self, deployment: &Deployment) -> Vec<(String, String)> {
        let mut environment = deployment.environment(&deployment.endpoint);
        environment.push(("CDS_API_URL".to_owned(), self.cds.api_url()));
        environment
    }

    /// What requests of CDS's show.
    pub(super) fn auth_header(&self) -> String {
        self.cds.auth_header()
    }

    /// How many runs of workflows were asked for.
    pub(super) fn runs(&self) -> usize {
        self.cds.runs().len()
    }
}
