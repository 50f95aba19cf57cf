import { useReactFlow } from "@xyflow/react";
import { Maximize, Minus, Plus } from "lucide-react";
import { t } from "../text/en";
import { Button } from "../ui/Button";
import styles from "./ZoomBar.module.css";

/** Zoom out, in and fit, at the lower left of a canvas. */
export function ZoomBar() {
  const flow = useReactFlow();
  return (
    <div className={styles.bar} role="toolbar" aria-label={t.canvas.zoom}>
      <Button
        look="ghost"
        size="sm"
        label={t.canvas.zoomOut}
        icon={<Minus size={14} aria-hidden />}
        onClick={() => void flow.zoomOut()}
      />
      <Button
        look="ghost"
        size="sm"
        label={t.canvas.zoomIn}
        icon={<Plus size={14} aria-hidden />}
        onClick={() => void flow.zoomIn()}
      />
      <Button
        look="ghost"
        size="sm"
        label={t.canvas.fit}
        icon={<Maximize size={14} aria-hidden />}
        onClick={() => void flow.fitView({ padding: 0.16, maxZoom: 1 })}
      />
    </div>
  );
}
