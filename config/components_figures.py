"""Template tags for figures: a chart with its sentence, its table and its data; a sparkline."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("components/chart_figure.html")
def chart_figure(chart: Any, id: str, *, stamp: str = "", sentence: bool = True, file_name: str = "") -> dict[str, Any]:
    """Draw a feedback.charts Chart: sentence, figure, caption, table; stamp (period, hash) goes onto what is exported."""
    return {
        "chart": chart,
        "id": id,
        "data_id": f"{id}-data",
        "stamp": stamp,
        "with_sentence": sentence,
        "file_name": file_name or id,
    }


@register.inclusion_tag("components/sparkline.html")
def sparkline(spark: Any) -> dict[str, Any]:
    """Draw a feedback.charts Sparkline, drawn on the server."""
    return {"spark": spark}
