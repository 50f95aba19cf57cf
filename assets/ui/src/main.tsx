import "./trusted";
import "./styles/tokens.css";
import "./styles/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { App } from "./App";
import { makeQueryClient } from "./api/query";
import { Boundary } from "./ui/Boundary";
import { aroundNav, startLeaving } from "./ui/leaving";
import { reloadOnNewBuild } from "./ui/newBuild";
import { Toaster } from "./ui/Toast";
import { TooltipProvider } from "./ui/Tooltip";
import { startLook } from "./ui/theme";

startLook();
startLeaving();
reloadOnNewBuild();

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={makeQueryClient()}>
      <TooltipProvider delayDuration={400}>
        <Boundary part="app">
          <Router aroundNav={aroundNav}>
            <App />
          </Router>
        </Boundary>
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
