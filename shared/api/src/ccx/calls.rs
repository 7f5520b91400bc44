//! The eight calls.

use connectrpc::{ConnectError, RequestContext, Response, ServiceRequest, ServiceResult};
use serde_json::{Map, Value};
use treble_core::gate::{Approval, Event};
use treble_proto::treble::ccx::v1::{
    HookService, PostAddNodeRequest, PostAddNodeResponse, PostCreateClusterRequest,
    PostCreateClusterResponse, PostDeleteClusterRequest, PostDeleteClusterResponse, PostRemoveNodeRequest,
    PostRemoveNodeResponse, PreAddNodeRequest, PreAddNodeResponse, PreCreateClusterRequest,
    PreCreateClusterResponse, PreDeleteClusterRequest, PreDeleteClusterResponse, PreRemoveNodeRequest,
    PreRemoveNodeResponse,
};

use super::{Service, error, fields};

impl Service {
    async fn ask(&self, event: Event, body: Map<String, Value>) -> Result<Approval, ConnectError> {
        let asked = self.gates.ask(event, &body).await.map_err(|error| error::of_asking(&error))?;
        let refused_by = asked.refusal.as_ref().map(|refusal| refusal.integrator.as_str());
        let cluster = body.get("cluster_id").and_then(Value::as_str);
        tracing::info!(%event, cluster, approved = asked.approval.approved, refusedBy = refused_by, "asked");
        Ok(asked.approval)
    }

    async fn tell(&self, event: Event, body: Map<String, Value>) -> Result<(), ConnectError> {
        let created = (self.gates.clock)();
        let told = self.gates.tell(event, &body, created, None).await;
        let told = told.map_err(|error| error::of_telling(&error))?;
        let cluster = body.get("cluster_id").and_then(Value::as_str);
        tracing::info!(%event, cluster, deliveries = told.deliveries.len(), "told");
        Ok(())
    }
}

// Their types are as the definition has them, where the trait leaves it open how they are encoded.
#[allow(refining_impl_trait_reachable, refining_impl_trait_internal)]
impl HookService for Service {
    async fn pre_create_cluster(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, PreCreateClusterRequest>,
    ) -> ServiceResult<PreCreateClusterResponse> {
        let said = self.ask(Event::PreCreateCluster, fields::pre_create_cluster(&request)?).await?;
        Response::ok(PreCreateClusterResponse {
            approved: said.approved,
            work_id: said.work_id.unwrap_or_default(),
            user_id: said.user_id.unwrap_or_default(),
            project_id: said.project_id.unwrap_or_default(),
            organisation_id: said.organisation_id.unwrap_or_default(),
            reason: said.reason.unwrap_or_default(),
            ..Default::default()
        })
    }

    async fn post_create_cluster(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, PostCreateClusterRequest>,
    ) -> ServiceResult<PostCreateClusterResponse> {
        self.tell(Event::PostCreateCluster, fields::post_create_cluster(&request)?).await?;
        Response::ok(PostCreateClusterResponse::default())
    }

    async fn pre_add_node(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, PreAddNodeRequest>,
    ) -> ServiceResult<PreAddNodeResponse> {
        let said = self.ask(Event::PreAddNode, fields::pre_add_node(&request)?).await?;
        Response::ok(PreAddNodeResponse {
            approved: said.approved,
            work_id: said.work_id.unwrap_or_default(),
            reason: said.reason.unwrap_or_default(),
            ..Default::default()
        })
    }

    async fn post_add_node(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, PostAddNodeRequest>,
    ) -> ServiceResult<PostAddNodeResponse> {
        self.tell(Event::PostAddNode, fields::post_add_node(&request)?).await?;
        Response::ok(PostAddNodeResponse::default())
    }

    async fn pre_remove_node(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, PreRemoveNodeRequest>,
    ) -> ServiceResult<PreRemoveNodeResponse> {
        let said = self.ask(Event::PreRemoveNode, fields::pre_remove_node(&request)?).await?;
        let work_id = said.work_id.unwrap_or_default();
        Response::ok(PreRemoveNodeResponse { work_id, ..Default::default() })
    }

    async fn post_remove_node(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, PostRemoveNodeRequest>,
    ) -> ServiceResult<PostRemoveNodeResponse> {
        self.tell(Event::PostRemoveNode, fields::post_remove_node(&request)?).await?;
        Response::ok(PostRemoveNodeResponse::default())
    }

    async fn pre_delete_cluster(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, PreDeleteClusterRequest>,
    ) -> ServiceResult<PreDeleteClusterResponse> {
        let said = self.ask(Event::PreDeleteCluster, fields::pre_delete_cluster(&request)?).await?;
        let work_id = said.work_id.unwrap_or_default();
        Response::ok(PreDeleteClusterResponse { work_id, ..Default::default() })
    }

    async fn post_delete_cluster(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, PostDeleteClusterRequest>,
    ) -> ServiceResult<PostDeleteClusterResponse> {
        self.tell(Event::PostDeleteCluster, fields::post_delete_cluster(&request)?).await?;
        Response::ok(PostDeleteClusterResponse::default())
    }
}
