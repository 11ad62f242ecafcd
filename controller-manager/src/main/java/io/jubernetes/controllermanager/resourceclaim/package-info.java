/// Claims of devices (dynamic resource allocation): made from templates for pods, given back when nobody uses them
/// any more, and taken from pods whose devices are tainted.
@NullMarked
package io.jubernetes.controllermanager.resourceclaim;

import org.jspecify.annotations.NullMarked;
