/// Persistent volumes: brings claims and volumes together, makes volumes for claims, takes care of volumes
/// whose claims are gone, and enlarges claims. [io.jubernetes.controllermanager.volumebinder.ClaimDecision] and
/// [io.jubernetes.controllermanager.volumebinder.VolumeDecision] decide,
/// [io.jubernetes.controllermanager.volumebinder.VolumeBinderController] carries out.
@NullMarked
package io.jubernetes.controllermanager.volumebinder;

import org.jspecify.annotations.NullMarked;
