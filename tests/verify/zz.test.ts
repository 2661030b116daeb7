import { test } from "vitest";
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { summarize } from "../../src/inspect/summary.ts";
import { buildModel, defineModel, input } from "../../src/nn/model.ts";
import { fanInUniform } from "../../src/nn/initializers.ts";
import { Module, Parameter } from "../../src/nn/module.ts";
import { Tensor } from "../../src/nn/tensor.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
class C extends Module { w: Parameter; b: Parameter; a: any;
 constructor(i:number,o:number,k:number,s=1){super({});this.w=new Parameter([o,i,k,k],{init:fanInUniform});this.b=new Parameter([o],{init:()=>fanInUniform([o,i,k,k])});const p=(k-1)>>1;this.a={strides:[s,s],pads:[p,p,p,p]};}
 forward(x:Tensor){return x.apply("Conv",[this.w,this.b],this.a);} }
class B extends Module { c1:C;c2:C;c3:C;d?:C;
 constructor(i:number,m:number,s:number,down:boolean){super({});this.c1=new C(i,m,1);this.c2=new C(m,m,3,s);this.c3=new C(m,4*m,1);if(down)this.d=new C(i,4*m,1,s);}
 forward(x:Tensor){const y=this.c3.call(this.c2.call(this.c1.call(x).relu()).relu());return y.add(this.d?this.d.call(x):x).relu();} }
class R extends Module { stem=new C(3,64,7,2); blocks:B[]=[]; fc:C;
 constructor(){super({});let i=64;[[64,3,1],[128,4,2],[256,6,2],[512,3,2]].forEach(([m,n,s])=>{for(let k=0;k<n!;k++){const b=new B(i,m!,k===0?s!:1,k===0);(this as any)[`b${this.blocks.length}`]=b;this.blocks.push(b);i=4*m!;}});this.fc=new C(2048,1000,1);}
 forward(x:Tensor){let y=this.stem.call(x).relu().apply("MaxPool",[],{kernel_shape:[3,3],strides:[2,2],pads:[1,1,1,1]});for(const b of this.blocks)y=b.call(y);return {y:this.fc.call(y.apply("GlobalAveragePool"))};} }
const model = defineModel({name:"r50",settings:{size:224},dims:{batch:4},inputs:({size}:any)=>({image:input("f32",["batch",3,size,size])}),build:({image}:any)=>new R().call(image)} as any);
test("r50", () => {
  for (const mesh of ["tp=2","dp=2,tp=2","a=2,b=2,c=2"]) for (const batch of [1, 8]) {
    const t=performance.now();
    const graph=buildModel(model as any,{dims:{batch},settings:{}});
    const r=compile({whole:graph,micro:graph,mesh:parseMesh(mesh),cluster:presetCluster("a100-node"),hints:true,microbatches:1,dims:{batch},settings:{}});
    console.log(mesh,batch,Math.round(performance.now()-t),"ms",r.phases.filter(p=>p.milliseconds>300).map(p=>p.name+" "+Math.round(p.milliseconds)).join(),JSON.stringify(summarize(r.plan).boxing),JSON.stringify(summarize(r.plan).bytes), r.plan.prediction.stepSeconds);
  }
}, 1000000);
