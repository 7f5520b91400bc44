//! What integrators get of each call: each field of its request under its name in the protocol's definition, whether it is set or
//! not, and nothing else.
//!
//! A call has to say which cluster it is about, and which node, where it is about one: who is asked or told could do nothing
//! without. Everything else may be empty. That holds for `work_id` too: where a platform asked nobody before, or has lost the
//! answer, what it tells afterwards is still worth telling.

use connectrpc::ConnectError;
use serde_json::{Map, Value};
use treble_proto::treble::ccx::v1::{
    PostAddNodeRequestView, PostCreateClusterRequestView, PostDeleteClusterRequestView,
    PostRemoveNodeRequestView, PreAddNodeRequestView, PreCreateClusterRequestView,
    PreDeleteClusterRequestView, PreRemoveNodeRequestView,
};

type Fields = Result<Map<String, Value>, ConnectError>;

pub(super) fn pre_create_cluster(request: &PreCreateClusterRequestView<'_>) -> Fields {
    Ok(object([
        ("cluster_id", required("cluster_id", request.cluster_id)?),
        ("cluster_name", request.cluster_name.into()),
        ("datastore_type", request.datastore_type.into()),
        ("cloud", request.cloud.into()),
        ("node_count", count("node_count", request.node_count)?),
        ("instance_type", request.instance_type.into()),
        ("auth_id", request.auth_id.into()),
    ]))
}

pub(super) fn post_create_cluster(request: &PostCreateClusterRequestView<'_>) -> Fields {
    Ok(object([
        ("cluster_id", required("cluster_id", request.cluster_id)?),
        ("cluster_name", request.cluster_name.into()),
        ("datastore_type", request.datastore_type.into()),
        ("cloud", request.cloud.into()),
        ("node_count", count("node_count", request.node_count)?),
        ("instance_type", request.instance_type.into()),
        ("cluster_status", request.cluster_status.into()),
        ("node_ids", request.node_ids.iter().copied().collect()),
        ("work_id", request.work_id.into()),
    ]))
}

pub(super) fn pre_add_node(request: &PreAddNodeRequestView<'_>) -> Fields {
    Ok(object([
        ("cluster_id", required("cluster_id", request.cluster_id)?),
        ("cloud", request.cloud.into()),
        ("node_count", count("node_count", request.node_count)?),
        ("instance_type", request.instance_type.into()),
        ("auth_id", request.auth_id.into()),
    ]))
}

pub(super) fn post_add_node(request: &PostAddNodeRequestView<'_>) -> Fields {
    Ok(object([
        ("cluster_id", required("cluster_id", request.cluster_id)?),
        ("cloud", request.cloud.into()),
        ("node_count", count("node_count", request.node_count)?),
        ("instance_type", request.instance_type.into()),
        ("node_ids", request.node_ids.iter().copied().collect()),
        ("work_id", request.work_id.into()),
    ]))
}

pub(super) fn pre_remove_node(request: &PreRemoveNodeRequestView<'_>) -> Fields {
    Ok(object([
        ("cluster_id", required("cluster_id", request.cluster_id)?),
        ("node_id", required("node_id", request.node_id)?),
        ("auth_id", request.auth_id.into()),
    ]))
}

pub(super) fn post_remove_node(request: &PostRemoveNodeRequestView<'_>) -> Fields {
    Ok(object([
        ("cluster_id", required("cluster_id", request.cluster_id)?),
        ("node_id", required("node_id", request.node_id)?),
        ("work_id", request.work_id.into()),
    ]))
}

pub(super) fn pre_delete_cluster(request: &PreDeleteClusterRequestView<'_>) -> Fields {
    Ok(object([
        ("cluster_id", required("cluster_id", request.cluster_id)?),
        ("auth_id", request.auth_id.into()),
    ]))
}

pub(super) fn post_delete_cluster(request: &PostDeleteClusterRequestView<'_>) -> Fields {
    Ok(object([
        ("cluster_id", required("cluster_id", request.cluster_id)?),
        ("status", request.status.into()),
        ("work_id", request.work_id.into()),
    ]))
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn required(name: &str, value: &str) -> Result<Value, ConnectError> {
    if value.is_empty() {
        return Err(ConnectError::invalid_argument(format!("{name} is empty: say which one it is about")));
    }
    Ok(value.into())
}

fn count(name: &str, value: i32) -> Result<Value, ConnectError> {
    if value < 0 {
        return Err(ConnectError::invalid_argument(format!(
            "{name} is {value}: there can't be fewer than 0"
        )));
    }
    Ok(value.into())
}
