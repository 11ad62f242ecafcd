/// Deployments: moving from one pod template to the next by way of replica sets.
/// [io.jubernetes.controllermanager.deployment.RolloutPlan] decides from the deployment and its replica sets alone;
/// [io.jubernetes.controllermanager.deployment.DeploymentReconciler] carries out.
@NullMarked
package io.jubernetes.controllermanager.deployment;

import org.jspecify.annotations.NullMarked;
