/// What must hold for a pod's specification, in pods and in the templates of workloads: start at [PodSpecRules]. Each
/// class looks after one part of it (containers, volumes, security, scheduling, …); what may change later is
/// [PodUpdateRules], [PodResizeRules] and [PodStatusRules].
@NullMarked
package io.jubernetes.apiserver.registry.core.podspec;

import org.jspecify.annotations.NullMarked;
