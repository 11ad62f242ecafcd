/// Endpoint slices: which addresses stand behind a Service.
/// [io.jubernetes.controllermanager.endpointslice.SlicePlan] decides what the slices should hold with few writes,
/// the reconciler carries out.
@NullMarked
package io.jubernetes.controllermanager.endpointslice;

import org.jspecify.annotations.NullMarked;
