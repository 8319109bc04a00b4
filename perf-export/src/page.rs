//! What the report's page and perf-monitor's have in common. Not for use by hand, and not stable.

pub use crate::{
    graph::{Edge, Graph, Node},
    html::{CHART_STYLE, ELEMENTS, GRAPH, GRAPH_STYLE, LIBRARIES, curve, levels},
};
