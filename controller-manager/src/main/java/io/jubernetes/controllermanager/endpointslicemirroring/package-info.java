/// Endpoint slices for Endpoints that were written by hand, so that who reads slices sees them too.
/// [io.jubernetes.controllermanager.endpointslicemirroring.MirrorPlan] decides.
@NullMarked
package io.jubernetes.controllermanager.endpointslicemirroring;

import org.jspecify.annotations.NullMarked;
