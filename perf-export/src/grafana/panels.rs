//! Panels, and where they stand.

use serde_json::{Value, json};

/// Columns of a dashboard.
const COLUMNS: u32 = 24;

/// A query and what its lines are called.
pub(super) struct Query {
    pub(super) expr: String,
    pub(super) legend: String,
}

pub(super) fn query(expr: impl Into<String>, legend: impl Into<String>) -> Query {
    Query { expr: expr.into(), legend: legend.into() }
}

/// What a panel draws.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Lines,
    Stat,
    Bars,
    Heatmap,
}

pub(super) struct Panel {
    pub(super) title: String,
    /// What the figures are and how they are found.
    pub(super) about: String,
    pub(super) kind: Kind,
    /// Grafana's id of a unit.
    pub(super) unit: &'static str,
    pub(super) width: u32,
    pub(super) queries: Vec<Query>,
}

/// Rows of panels, one below the other.
#[derive(Default)]
pub(super) struct Layout {
    panels: Vec<Value>,
    y: u32,
    id: u32,
}

impl Layout {
    /// Adds a row; a folded one is opened by a click, and asks nothing of the server before that.
    pub(super) fn row(&mut self, title: &str, folded: bool, panels: &[Panel]) {
        let place = json!({"h": 1, "w": COLUMNS, "x": 0, "y": self.y});
        self.y += 1;
        let id = self.next_id();
        let inside = self.placed(panels);
        let (inner, beside) = if folded { (inside, Vec::new()) } else { (Vec::new(), inside) };
        self.panels.push(json!({
            "type": "row", "id": id, "title": title, "collapsed": folded, "gridPos": place,
            "panels": inner,
        }));
        self.panels.extend(beside);
    }

    pub(super) fn into_panels(self) -> Vec<Value> {
        self.panels
    }

    fn next_id(&mut self) -> u32 {
        self.id += 1;
        self.id
    }

    /// From left to right, then in a new line.
    fn placed(&mut self, panels: &[Panel]) -> Vec<Value> {
        let (mut x, mut height) = (0, 0);
        let mut placed = Vec::new();
        for panel in panels {
            if x + panel.width > COLUMNS {
                self.y += height;
                (x, height) = (0, 0);
            }
            let rows = panel.height();
            let place = json!({"h": rows, "w": panel.width, "x": x, "y": self.y});
            let id = self.next_id();
            placed.push(panel.model(id, &place));
            x += panel.width;
            height = height.max(rows);
        }
        self.y += height;
        placed
    }
}

impl Panel {
    fn height(&self) -> u32 {
        if self.kind == Kind::Stat { 4 } else { 8 }
    }

    fn model(&self, id: u32, place: &Value) -> Value {
        let format = if self.kind == Kind::Heatmap { "heatmap" } else { "time_series" };
        let instant = self.kind == Kind::Bars;
        let targets = self.queries.iter().zip('A'..='Z').map(|(query, letter)| {
            json!({
                "refId": letter, "datasource": datasource(), "expr": query.expr,
                "legendFormat": query.legend, "format": format,
                "instant": instant, "range": !instant,
            })
        });
        json!({
            "id": id, "type": self.kind.name(), "title": self.title, "description": self.about,
            "datasource": datasource(), "gridPos": place, "targets": targets.collect::<Vec<_>>(),
            "fieldConfig": {"defaults": self.field(), "overrides": []},
            "options": self.kind.options(self.unit),
        })
    }

    fn field(&self) -> Value {
        match self.kind {
            Kind::Lines => json!({
                "unit": self.unit,
                "custom": {"fillOpacity": 8, "lineWidth": 1, "showPoints": "auto", "spanNulls": false},
            }),
            Kind::Heatmap => json!({}),
            Kind::Stat | Kind::Bars => json!({"unit": self.unit}),
        }
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Lines => "timeseries",
            Self::Stat => "stat",
            Self::Bars => "bargauge",
            Self::Heatmap => "heatmap",
        }
    }

    fn options(self, unit: &str) -> Value {
        let last = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
        match self {
            Self::Lines => json!({
                "legend": {"displayMode": "table", "placement": "bottom", "showLegend": true,
                    "calcs": ["lastNotNull", "max"]},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Self::Stat => json!({"reduceOptions": last, "graphMode": "area", "colorMode": "value"}),
            Self::Bars => json!({
                "reduceOptions": last, "orientation": "horizontal", "displayMode": "basic",
            }),
            Self::Heatmap => json!({
                "calculate": false, "cellGap": 1, "yAxis": {"unit": unit},
                "color": {"mode": "scheme", "scheme": "Blues", "steps": 64},
                "tooltip": {"mode": "single", "yHistogram": true},
            }),
        }
    }
}

/// The one chosen at the top of the dashboard.
pub(super) fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}
